"""Decision tables as XML, written short."""

from __future__ import annotations

from xml.sax.saxutils import escape, quoteattr

LATEST = "https://www.omg.org/spec/DMN/20230324/MODEL/"


def table(
    inputs: list[str],
    outputs: list[str],
    rules: list[list[str]],
    *,
    policy: str | None = None,
    aggregation: str = "",
    values: str = "",
    default: str = "",
    namespace: str = LATEST,
) -> bytes:
    """Return a document: a rule is its input cells and then its output cells; ``values`` are for the first output."""
    asked = "".join(
        f"<input id='i{no}'><inputExpression typeRef='string'>{_text(each)}</inputExpression></input>"
        for no, each in enumerate(inputs)
    )
    more = f"<outputValues>{_text(values)}</outputValues>" if values else ""
    more += f"<defaultOutputEntry>{_text(default)}</defaultOutputEntry>" if default else ""
    answered = "".join(
        f"<output name={quoteattr(each)}>{more if not no else ''}</output>" for no, each in enumerate(outputs)
    )
    lines = ""
    for rule in rules:
        cells = [f"<inputEntry>{_text(cell)}</inputEntry>" for cell in rule[: len(inputs)]]
        cells += [f"<outputEntry>{_text(cell)}</outputEntry>" for cell in rule[len(inputs) :]]
        lines += f"<rule>{''.join(cells)}<annotationEntry>{_text('a note')}</annotationEntry></rule>"
    how = f" hitPolicy='{policy}'" if policy else ""
    how += f" aggregation='{aggregation}'" if aggregation else ""
    return document(f"<decisionTable{how}>{asked}{answered}{lines}</decisionTable>", namespace)


def document(logic: str, namespace: str = LATEST) -> bytes:
    """Return a document with one decision."""
    return f"<definitions xmlns='{namespace}'><decision id='fee' name='Fee'>{logic}</decision></definitions>".encode()


def _text(text: str) -> str:
    return f"<text>{escape(text)}</text>"
