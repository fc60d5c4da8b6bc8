"""Machine code: a program as LLVM text, compiled in memory in milliseconds and called by address."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from forecaster.fits.sampling.generated.functions import DOUBLES, LANES, OPERATIONS, Code
from forecaster.fits.sampling.generated.nodes import SUMS
from forecaster.fits.sampling.generated.program import Program
from forecaster.fits.sampling.generated.sums import Sum


def text_of(program: Program) -> str:
    """The program as an LLVM function: i64 f(i64, double *x, double *gradient, double *value, void *table).

    `table` points at what `table_of` makes. The function returns 0, or 3 where a result is not finite.
    """
    graph = program.graph
    before, each, after = Code(1, "b"), Code(LANES, "e"), Code(1, "a")
    values: dict[int, str] = {}
    _read_numbers(program, before, values)
    for node in program.before:
        name, *parts = graph.nodes[node]
        values[node] = OPERATIONS[name](before, *(values[part] for part in parts))
    sums = [Sum(each, k, graph.operation(node)) for k, node in enumerate(sums_of(program))]
    lanes = _spread(program, before, each, values)
    each.line("%i = phi i64 [0, %entry], [%next, %loop]")
    for one in sums:
        one.start()
    inside = each.put(f"icmp slt {each.type('i64')} {_row_numbers(each)}, %count")
    for k, node in enumerate(program.columns):
        start = each.put(f"getelementptr double, ptr %column{k}, i64 %i")
        lanes[node] = each.put(f"load {DOUBLES}, ptr {start}, align 8")
    waiting = iter(sums)
    for node in program.each:
        name, *parts = graph.nodes[node]
        if name in SUMS:
            next(waiting).take(inside, lanes[parts[0]])
        else:
            lanes[node] = OPERATIONS[name](each, *(lanes[part] for part in parts))
    each.line(f"%next = add i64 %i, {LANES}")
    each.line("%more = icmp slt i64 %next, %runs")
    for node, one in zip(sums_of(program), sums, strict=True):
        values[node] = one.total(after)
    for node in program.after:
        name, *parts = graph.nodes[node]
        values[node] = OPERATIONS[name](after, *(values[part] for part in parts))
    _write_results(program, after, values)
    return "\n".join(
        [
            "define i64 @density(i64 %size, ptr %x, ptr %gradient, ptr %value, ptr %table) #0 {",
            "entry:", *before.lines, "  br label %loop",
            "loop:", *each.lines, "  br i1 %more, label %loop, label %done",
            "done:", *after.lines, "}",
            *COPY,
            "declare double @llvm.sqrt.f64(double)",
            f"declare {DOUBLES} @llvm.sqrt.v{LANES}f64({DOUBLES})",
            "declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)",
            'attributes #0 = { nounwind "prefer-vector-width"="512" "min-legal-vector-width"="512" }',
        ]
    )  # fmt: skip


def sums_of(program: Program) -> list[int]:
    """The sums over runs, in the order in which they are taken."""
    return [node for node in program.each if program.graph.operation(node) in SUMS]


COPY = (
    "define i64 @copy(i64 %size, i64 %expanded, ptr %x, ptr %out, ptr %table) {",
    "  %bytes = mul i64 %size, 8",
    "  call void @llvm.memcpy.p0.p0.i64(ptr %out, ptr %x, i64 %bytes, i1 false)",
    "  ret i64 0",
    "}",
)
"""What a sampler calls to have a draw in full: the coordinates as they are."""


def _read_numbers(program: Program, code: Code, values: dict[int, str]) -> None:
    def word(k: int) -> str:
        return code.put(f"load i64, ptr {code.put(f'getelementptr i64, ptr %table, i64 {k}')}")

    code.line(f"%runs = add i64 {word(0)}, 0")
    code.line(f"%numbers = inttoptr i64 {word(1)} to ptr")
    code.line(f"%columns = inttoptr i64 {word(2)} to ptr")
    stride = word(3)
    for k, node in enumerate(program.numbers):
        constant = program.graph.number(node)
        start = f"getelementptr double, ptr %numbers, i64 {k}"
        values[node] = code.put(f"load double, ptr {code.put(start)}") if constant is None else code.constant(constant)
    for node in _parameters(program):
        start = code.put(f"getelementptr double, ptr %x, i64 {program.graph.nodes[node][1]}")
        values[node] = code.put(f"load double, ptr {start}")
    for k in range(len(program.columns)):
        code.line(f"%column{k} = getelementptr double, ptr %columns, i64 {code.put(f'mul i64 {stride}, {k}')}")
    # The number of runs in every lane.
    first = code.put(f"insertelement <{LANES} x i64> poison, i64 %runs, i32 0")
    code.line(f"%count = {_repeated(first, 'i64')}")


def _parameters(program: Program) -> list[int]:
    return [node for node, (name, *_) in enumerate(program.graph.nodes) if name == "parameter"]


def _repeated(first: str, of: str) -> str:
    vector = f"<{LANES} x {of}>"
    return f"shufflevector {vector} {first}, {vector} poison, <{LANES} x i32> zeroinitializer"


def _spread(program: Program, before: Code, each: Code, values: dict[int, str]) -> dict[int, str]:
    """What runs read of scalars, repeated in every lane."""
    graph, lanes = program.graph, dict[int, str]()
    for node in program.each:
        for part in graph.parts(node):
            if graph.each[part] or part in lanes:
                continue
            constant = graph.number(part)
            if constant is not None:
                lanes[part] = each.constant(constant)
                continue
            first = before.put(f"insertelement {DOUBLES} poison, double {values[part]}, i32 0")
            lanes[part] = before.put(_repeated(first, "double"))
    return lanes


def _row_numbers(code: Code) -> str:
    first = code.put(f"insertelement <{LANES} x i64> poison, i64 %i, i32 0")
    steps = ", ".join(f"i64 {k}" for k in range(LANES))
    return code.binary("add", code.put(_repeated(first, "i64")), f"<{steps}>", "i64")


def _write_results(program: Program, code: Code, values: dict[int, str]) -> None:
    value, *slopes = program.results
    code.line(f"store double {values[value]}, ptr %value")
    zero = code.constant(0.0)
    for k, node in enumerate(slopes):
        place = code.put(f"getelementptr double, ptr %gradient, i64 {k}")
        code.line(f"store double {values[node]}, ptr {place}")
    # Zero times a finite number is zero; times any other it is not a number.
    for node in program.results:
        zero = code.add(zero, code.multiply(values[node], code.constant(0.0)))
    good = code.compare("oeq", zero, code.constant(0.0))
    code.line(f"ret i64 {code.put(f'select i1 {good}, i64 0, i64 3')}")


@dataclass(frozen=True, eq=False)
class Machine:
    """Compiled code, which lives as long as this does.

    Args:
        density: the address of the log density.
        copy: the address of the function that copies coordinates.
        engine: that owns the code.
    """

    density: int
    copy: int
    engine: Any


def compile_program(program: Program) -> Machine:
    """Machine code of a program for this processor."""
    from llvmlite import binding

    module = binding.parse_assembly(text_of(program))
    module.verify()
    engine = binding.create_mcjit_compiler(module, host_machine())
    engine.finalize_object()
    return Machine(engine.get_function_address("density"), engine.get_function_address("copy"), engine)


def host_machine() -> Any:
    """What compiles for this processor; an engine takes one for itself."""
    from llvmlite import binding

    return _target().create_target_machine(
        cpu=binding.get_host_cpu_name(), features=binding.get_host_cpu_features().flatten(), opt=2
    )


@cache
def _target() -> Any:
    from llvmlite import binding

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding.Target.from_default_triple()


def table_of(numbers: np.ndarray, columns: np.ndarray) -> tuple[np.ndarray, tuple[np.ndarray, ...]]:
    """What the compiled function's last argument points at, and the arrays that must live as long.

    Args:
        numbers: of a table, as `settle` gives them.
        columns: the same, shape (column, run).
    """
    runs = columns.shape[1]
    # The last lanes read past the last run; they read it again, and are left out of the sums.
    whole = np.ascontiguousarray(np.pad(columns, ((0, 0), (0, -runs % LANES)), mode="edge"))
    numbers = np.ascontiguousarray(numbers, dtype=float)
    head = np.array([runs, numbers.ctypes.data, whole.ctypes.data, whole.shape[1]], dtype=np.int64)
    return head, (head, numbers, whole)
