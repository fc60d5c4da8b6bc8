"""A program: a log density's nodes in the order in which they are computed, and what of them a table settles once."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from forecaster.fits.sampling.generated.graph import Graph
from forecaster.fits.sampling.generated.log_density import LogDensity
from forecaster.fits.sampling.generated.nodes import COMPUTE, LEAVES, SUMS, Unsupported


@dataclass(frozen=True, eq=False)
class Program:
    """Three straight lines of operations: before the runs, for each run, and after.

    Args:
        graph: that holds the nodes.
        settled: nodes that depend on no parameter, in order; a table gives their values.
        numbers: those of them that are the same for all runs and are read later.
        columns: those of them that have one value a run and are read later.
        before: nodes that are the same for all runs and need no sum over them.
        each: nodes with one value a run, each sum right after what it sums.
        after: nodes that need a sum.
        results: the value, and its derivatives.
    """

    graph: Graph
    settled: tuple[int, ...]
    numbers: tuple[int, ...]
    columns: tuple[int, ...]
    before: tuple[int, ...]
    each: tuple[int, ...]
    after: tuple[int, ...]
    results: tuple[int, ...]


def program_of(density: LogDensity) -> Program:
    """The program of a log density.

    Raises:
        Unsupported: a run's value needs a sum over runs, for which the runs would have to be passed twice.
    """
    graph, results = density.graph, (density.value, *density.slopes)
    live, waiting = set[int](), list(results)
    while waiting:
        node = waiting.pop()
        if node not in live:
            live.add(node)
            waiting.extend(graph.parts(node))
    moving = [node for node in sorted(live) if graph.moves[node] and graph.operation(node) != "parameter"]
    summed = set[int]()
    for node in moving:
        if graph.operation(node) in SUMS or summed & set(graph.parts(node)):
            summed.add(node)
    if any(graph.each[node] for node in summed):
        raise Unsupported("a run's value that needs a sum over runs")
    read = {*results, *(part for node in moving for part in graph.parts(node))}
    settled = [node for node in sorted(live) if not graph.moves[node]]
    sums: dict[int, list[int]] = {}
    for node in moving:
        if graph.operation(node) in SUMS:
            sums.setdefault(graph.parts(node)[0], []).append(node)
    each = [node for node in moving if graph.each[node]]
    return Program(
        graph=graph,
        settled=tuple(settled),
        numbers=tuple(node for node in settled if node in read and not graph.each[node]),
        columns=tuple(node for node in settled if node in read and graph.each[node]),
        before=tuple(node for node in moving if not graph.each[node] and node not in summed),
        each=tuple(part for node in each for part in (node, *sums.get(node, ()))),
        after=tuple(node for node in moving if node in summed and graph.operation(node) not in SUMS),
        results=results,
    )


def settle(program: Program, rows: np.ndarray, fixed: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What one table gives a program: its numbers, and its columns of shape (column, run).

    Args:
        program: of a law.
        rows: as of `Design.density_data`, shape (column, run).
        fixed: as of `Design.density_data`, shape (reference).
    """
    graph = program.graph
    values: dict[int, np.ndarray] = {}
    with np.errstate(all="ignore"):
        for node in program.settled:
            name, *parts = graph.nodes[node]
            values[node] = _leaf(name, parts, rows, fixed) if name in LEAVES else _settled(name, parts, values)
    numbers = np.array([float(values[node]) for node in program.numbers])
    shape = (len(program.columns), rows.shape[1])
    columns = [np.broadcast_to(values[node], shape[1:]) for node in program.columns]
    return numbers, np.array(columns, dtype=float).reshape(shape)


def _leaf(name: str, parts: list[float], rows: np.ndarray, fixed: np.ndarray) -> np.ndarray:
    match name:
        case "data":
            return np.asarray(rows[int(parts[0])])
        case "fixed":
            return np.asarray(fixed[int(parts[0])])
        case "runs":
            return np.asarray(float(rows.shape[1]))
        case _:
            return np.asarray(parts[0])


def _settled(name: str, parts: list[int], values: dict[int, np.ndarray]) -> np.ndarray:
    return np.asarray(COMPUTE[name](*(values[part] for part in parts)), dtype=float)
