# Copyright: (c) 2026, Katapult Cloud collection contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables that the benchmark prints, in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .bench_figures import Comparison, Figure, Measured
from .bench_targets import Outcome

FLOOR = "floor-once"
NOTHING = "-"


def tables(measured: Measured) -> str:
    """What was measured; a table without rows is left out."""
    floor = measured.figures.get(FLOOR)
    runs = [_figure_row(figure, floor) for figure in measured.figures.values()]
    processes = [_comparison_row(comparison) for comparison in measured.comparisons.values()]
    parts = []
    if runs:
        parts.append(_table(("Playbook", "Disks before", "Runs", "Seconds", "x ping", "GET", "POST"), runs))
    if processes:
        parts.append(_table(("Process of the module", "Value", "Compared with", "Ratio"), processes))
    return "\n\n".join(parts)


def outcomes_table(outcomes: Iterable[Outcome]) -> str:
    """Every target with what became of it."""
    return _table(("Target", "Wanted", "Measured", "Outcome"), [_outcome_row(outcome) for outcome in outcomes])


def _table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    rule = ["---", *["---:"] * (len(titles) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (titles, rule, *rows))


def _figure_row(figure: Figure, floor: Figure | None) -> list[str]:
    return [
        figure.title,
        f"{figure.disks:,}" if figure.disks else NOTHING,
        "1 run" if len(figure.runs) == 1 else f"median of {len(figure.runs)}",
        f"{figure.seconds:.2f}",
        f"{figure.seconds / floor.seconds:.1f}" if floor else NOTHING,
        str(figure.requests("GET")),
        str(figure.requests("POST")),
    ]


def _comparison_row(comparison: Comparison) -> list[str]:
    value, base = (f"{number:.2f} {comparison.unit}" for number in (comparison.value, comparison.base))
    return [comparison.title, value, base, f"{comparison.ratio:.2f}"]


def _outcome_row(outcome: Outcome) -> list[str]:
    target = outcome.target
    wanted = f"at {'least' if target.at_least else 'most'} {target.limit:g} {target.unit}".rstrip()
    if outcome.value is None:
        return [target.title, wanted, NOTHING, "not measured"]
    value = f"{outcome.value:.2f} {target.unit}" if target.unit else f"{outcome.value:g}"
    return [target.title, wanted, value, "NOT reached" if outcome.missed else "reached"]
