# The single door. Every recipe is a script of scripts/, which also runs by itself: "sh scripts/NAME.sh".
# Paths stay relative: make's own CURDIR breaks in a folder with spaces.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo run desk engine test judges lint bench bench-coast soak fuzz package pictures wheelhouse lock clean

help: ## danh sách này | this list
	@sh scripts/help.sh

demo: ## cài thứ còn thiếu, dựng tỉnh mô phỏng, chạy ba việc, mở QGIS | install what is missing, build the demo province, run the three jobs, open QGIS
	@sh scripts/demo.sh

run: ## mở QGIS với plugin (DOTHI_DATA=thư-mục: dữ liệu của bạn) | QGIS with the plugin (DOTHI_DATA=folder: your own data)
	@sh scripts/run.sh

desk: ## bàn gán nhãn mẫu để đánh giá độ chính xác (DOTHI_DATA=thư-mục) | the desk where a sample is labelled for accuracy (DOTHI_DATA=folder)
	@sh scripts/desk.sh

engine: ## chỉ lập môi trường tính toán .venv | only the engine's environment, .venv
	@sh scripts/system.sh engine
	@sh scripts/engine.sh

test: ## mọi kiểm thử, kể cả phần chuẩn bị | all tests, with all their set-up
	@sh scripts/test.sh

judges: ## trọng tài độc lập cho kiểm thử (FiLiP, xdem) trong môi trường riêng | judges for the tests (FiLiP, xdem) in an environment of their own
	@sh scripts/judges.sh

lint: ## kiểm tra mã: ruff, mypy, import-linter, bandit, detect-secrets | check the code: ruff, mypy, import-linter, bandit, detect-secrets
	@sh scripts/lint.sh

bench: ## đo tốc độ và bộ nhớ so với QGIS và Orfeo ToolBox | measure speed and memory beside QGIS and the Orfeo ToolBox
	@sh scripts/bench.sh

bench-coast: ## 200 cặp ảnh bờ cát mô phỏng biết trước sự thật: tỷ lệ phát hiện và báo nhầm | 200 simulated pairs of a dune coast with known truth: recall and false alarms
	@sh scripts/bench_coast.sh

soak: ## mười nghìn tệp quy tắc bị làm hỏng, một năm giám sát và việc công bố bị ngắt hàng trăm lần | ten thousand spoiled rule files, a year under watch and publishing killed hundreds of times
	@sh scripts/soak.sh

fuzz: ## một trăm nghìn siêu dữ liệu ảnh bị làm hỏng: đọc được hoặc bị từ chối rõ ràng | a hundred thousand spoiled metadata of scenes: read, or refused clearly
	@sh scripts/fuzz.sh

package: ## đóng gói dist/dothi-PHIÊN-BẢN.zip và kiểm tra gói | build dist/dothi-VERSION.zip and check it
	@sh scripts/package.sh

pictures: ## chụp lại ảnh của tài liệu từ cửa sổ QGIS thật | take the pictures of the docs again from the real QGIS window
	@sh scripts/pictures.sh

wheelhouse: ## gói thư viện cho máy không có mạng, vào dist/wheelhouse | the libraries for a machine without network, in dist/wheelhouse
	@sh scripts/wheelhouse.sh

lock: ## làm lại các tệp khóa phiên bản trong requirements/ | make the version locks in requirements/ anew
	@sh scripts/lock.sh

clean: ## xóa mọi thứ đã dựng (không đụng dữ liệu của bạn) | remove all that was built (never your own data)
	@rm -rf build dist .venv .venv-qgis .venv-judges .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
