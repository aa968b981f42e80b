// The alerts and the layers as lists. What was received is text: it becomes text nodes, never markup.

import { age, area, day, number, value, word, current } from "./words.mjs";

const UNDER_REVIEW = new Set(["in_field", "confirmed"]);

export function make(tag, texts = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, text] of Object.entries(texts)) {
    if (name === "text") element.textContent = text;
    else if (text !== undefined) element.setAttribute(name, text);
  }
  element.append(...inside.filter((one) => one !== null && one !== ""));
  return element;
}

/** What colours an alert: how grave it is, unless it was withdrawn. */
export const mark = (alert) => (alert.state === "withdrawn" ? "withdrawn" : alert.severity);

export function showCounts(list, alerts) {
  const of = (state) => alerts.filter((alert) => alert.state === state).length;
  const review = alerts.filter((alert) => alert.state !== "withdrawn" && UNDER_REVIEW.has(alert.review)).length;
  const counts = { raised: of("raised"), updated: of("updated"), review, withdrawn: of("withdrawn") };
  list.replaceChildren(
    ...Object.entries(counts).map(([state, count]) =>
      make("li", { "data-count": state }, make("b", { text: number(count) }), word(`count.${state}`)),
    ),
  );
}

export function showAlerts(list, alerts, chosen, choose) {
  list.replaceChildren(...alerts.map((alert) => make("li", {}, one(alert, chosen === alert.uid, choose))));
}

function one(alert, pressed, choose) {
  const review = alert.review === "new" || alert.state === "withdrawn" ? "" : value("review", alert.review);
  const state = [value("state", alert.state) || word("state.unknown"), review];
  const where = [value("relation", alert.relation), alert.concession];
  const seen = alert.after ? word("seen", { before: day(alert.before) || "?", after: day(alert.after) }) : "";
  const button = make(
    "button",
    { type: "button", "data-mark": mark(alert), "data-uid": alert.uid, "aria-pressed": String(pressed) },
    line("first", ["code", alert.code || alert.uid], ["severity", value("severity", alert.severity)]),
    line("second", ["", state.filter(Boolean).join(" · ")], ["when", [area(alert.area_m2), age(alert.issued_at)].filter(Boolean).join(" · ")]),
    make("div", { class: "more", text: where.filter(Boolean).join(" · ") }),
    pressed && seen ? make("div", { class: "more", text: seen }) : "",
    ...alert.said.map((said) =>
      make("div", { class: "more said", text: `${value("said", said.kind)}: ${said.text} (${[said.sender, day(said.at)].filter(Boolean).join(", ")})` }),
    ),
  );
  button.addEventListener("click", () => choose(alert.uid));
  return button;
}

const line = (name, ...parts) =>
  make("div", { class: name }, ...parts.map(([kind, text]) => make("span", kind ? { class: kind, text } : { text })));

export function showLayers(list, layers, shown, colour, change, go) {
  list.replaceChildren(
    ...layers.map((layer) => {
      const name = layer.name[current()];
      const box = make("input", { type: "checkbox", "data-layer": layer.id });
      box.checked = shown.has(layer.id);
      box.disabled = !layer.drawn;
      box.addEventListener("change", () => change(layer.id, box.checked));
      const swatch = make("span", { class: "swatch", "aria-hidden": "true" });
      swatch.style.backgroundColor = layer.drawn ? colour(layer) : "transparent";
      const to = make("button", { type: "button", text: word("zoom"), "aria-label": word("zoom_to", { name }) });
      to.addEventListener("click", () => go(layer));
      return make(
        "li",
        {},
        make("label", layer.drawn ? {} : { title: word("not_drawn") }, box, swatch, make("span", { text: name })),
        make("span", { class: "count", text: number(layer.count) }),
        layer.extent ? to : "",
      );
    }),
  );
}
