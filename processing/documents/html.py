"""Blocks as one HTML file that needs nothing else: for the screen, for a browser's printer, for mail.

All texts are escaped; there is no script in it, and a policy in its head forbids any.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from pathlib import Path

from .blocks import Block, Bullets, Card, Chips, Facts, Frame, Heading, Paragraph, Picture, Section, Signatures, Table
from .fonts import printable
from .svg import svg

_STYLE = """
:root{--ink:#1f1f1f;--grey:#5c5c5c;--rule:#cfcabd;--pale:#f7f6f2;--amber:#8a5200;--red:#b4231f}
*{box-sizing:border-box}
body{margin:0;background:#e9e7e1;color:var(--ink);font:15px/1.5 "IBM Plex Sans","Be Vietnam Pro","Noto Sans",sans-serif}
section{background:#fff;max-width:210mm;margin:8mm auto;padding:14mm 15mm 12mm;position:relative}
.running{display:flex;justify-content:space-between;color:var(--grey);font-size:12px;padding-bottom:2mm;
border-bottom:1px solid var(--rule);margin-bottom:6mm}
.banner{color:var(--red);font-weight:600}
footer{color:var(--grey);font-size:11px;border-top:1px solid var(--rule);margin-top:8mm;padding-top:2mm}
h1{font-size:26px;line-height:1.25;margin:0 0 2mm}h2{font-size:17px;margin:7mm 0 2mm}
p{margin:0 0 2.5mm}.lead{font-size:16.5px}.small,figcaption{color:var(--grey);font-size:12.5px}
.mark{color:var(--amber);font-style:italic;font-size:13px}
ul{margin:0 0 3mm;padding-left:5mm}ul.small{color:var(--grey);font-size:12.5px}
table{width:100%;border-collapse:collapse;margin:0 0 4mm;font-size:13.5px}
th{background:#eceae3;text-align:left}td,th{padding:1mm 1.5mm;border-bottom:1px solid var(--rule);vertical-align:top}
.r{text-align:right;font-variant-numeric:tabular-nums}.c{text-align:center}
dl{display:grid;margin:0 0 4mm;font-size:13.5px}dl div{display:grid;grid-template-columns:2fr 3fr;
border-bottom:1px solid var(--rule);padding:.8mm 1.5mm}dt{color:var(--grey)}dd{margin:0;overflow-wrap:anywhere}
.chips{display:flex;margin:2mm 0 4mm;background:var(--pale)}.chips div{flex:1;padding:1mm 3mm;border-left:3px solid}
.chips b{display:block;font-size:24px;line-height:1.2}.chips span{color:var(--grey);font-size:13px}
.card{background:var(--pale);border-left:4px solid;padding:2.5mm 3.5mm 2mm;margin:0 0 3.5mm;break-inside:avoid}
.card h3{font-size:15px;margin:0 0 1mm}.card dl{margin:0}.card dl div{border:0;padding:.3mm 0;
grid-template-columns:27% 1fr}.card .text{color:var(--ink)}
figure{margin:0 0 4mm;break-inside:avoid}svg{display:block;width:100%;height:auto}
.signatures{display:flex;margin:10mm 0 24mm;text-align:center}.signatures div{flex:1}
@media print{@page{size:A4;margin:14mm 15mm}body{background:#fff}section{margin:0;padding:0;max-width:none;
break-after:page}thead{display:table-header-group}tr{break-inside:avoid}}
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def write(path: Path, frame: Frame, sections: Iterable[Section]) -> int:
    """Write the document to ``path`` and return its number of sections. Sections are taken one at a time."""
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(
            f'<!DOCTYPE html>\n<html lang="{frame.language}">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>{_text(frame.title)}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n"
        )
        banner = f'<span class="banner">{_text(frame.banner)}</span>' if frame.banner else ""
        head = f'<div class="running"><span>{_text(frame.running)}</span>{banner}'
        foot = "<br>".join(_text(line) for line in frame.footer)
        for section in sections:
            count += 1
            body = "\n".join(_block(block) for block in section.blocks)
            file.write(f"<section>\n{head}</div>\n{body}\n<footer>{foot}</footer>\n</section>\n")
        file.write("</body>\n</html>\n")
    return count


def _text(text: str) -> str:
    return escape(printable(text))


def _block(block: Block) -> str:
    match block:
        case Heading():
            return f"<h{block.level}>{_text(block.text)}</h{block.level}>"
        case Paragraph():
            return f'<p class="{block.kind}">{_text(block.text)}</p>'
        case Bullets():
            return f'<ul class="{block.kind}">' + "".join(f"<li>{_text(one)}</li>" for one in block.texts) + "</ul>"
        case Facts():
            return _facts(block.rows, f"grid-template-columns:repeat({block.columns},1fr);column-gap:6mm")
        case Table():
            return _table(block)
        case Chips():
            return (
                '<div class="chips">'
                + "".join(
                    f'<div style="border-color:{colour}"><b style="color:{colour}">{_text(count)}</b>'
                    f"<span>{_text(words)}</span></div>"
                    for words, count, colour in block.items
                )
                + "</div>"
            )
        case Card():
            return _card(block)
        case Picture():
            return f"<figure>{svg(block.drawing)}<figcaption>{_text(block.caption)}</figcaption></figure>"
        case Signatures():
            places = (f"<div><b>{_text(who)}</b><br><i>{_text(hint)}</i></div>" for who, hint in block.places)
            return f'<div class="signatures">{"".join(places)}</div>'


def _facts(rows: Iterable[tuple[str, str]], style: str = "") -> str:
    told = "".join(f"<div><dt>{_text(name)}</dt><dd>{_text(value)}</dd></div>" for name, value in rows)
    return f'<dl style="{style}">{told}</dl>' if told else ""


def _table(block: Table) -> str:
    def cells(row: tuple[str, ...], tag: str) -> str:
        pairs = zip(row, block.align, strict=True)
        return "".join(f'<{tag} class="{align}">{_text(text)}</{tag}>' for text, align in pairs)

    rows = "".join(f"<tr>{cells(row, 'td')}</tr>" for row in block.rows)
    return f"<table><thead><tr>{cells(block.head, 'th')}</tr></thead><tbody>{rows}</tbody></table>"


def _card(block: Card) -> str:
    mark = f'<p class="mark">{_text(block.mark)}</p>' if block.mark else ""
    return (
        f'<div class="card" style="border-color:{block.colour}"><h3><span style="color:{block.colour}">'
        f'{_text(block.tag)}</span> · {_text(block.title)}</h3><p class="text">{_text(block.text)}</p>'
        f"{_facts(block.facts)}{mark}</div>"
    )
