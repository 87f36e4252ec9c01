#!/usr/bin/env python3
"""What the inner loops of an object file are made of: one line for each innermost loop that
multiplies and adds, with its function, FMAs or products of bfloat16 (vdpbf16ps), instructions,
and vector registers that go to the stack or come from it (spills).

usage: inner_loops.py FILE.o [...]      needs objdump (binutils); x86 alone
"""
import re
import subprocess
import sys

VECTOR = re.compile(r"[xyz]mm\d")
STACK = re.compile(r"\[r[sb]p[-+\]]")


def functions(path):
    """Name and [(address, instruction)] of each function."""
    text = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", "-M", "intel", path],
        check=True, capture_output=True, text=True).stdout
    name, body = None, []
    for line in text.splitlines():
        start = re.match(r"^[0-9a-f]+ <(.*)>:$", line)
        if start:
            if name:
                yield name, body
            name, body = start.group(1), []
        elif (found := re.match(r"^\s*([0-9a-f]+):\s+(.*)$", line)):
            body.append((int(found.group(1), 16), found.group(2)))
    if name:
        yield name, body


def loops(body):
    """Index ranges of backward jumps."""
    at = {address: i for i, (address, _) in enumerate(body)}
    for i, (_, instruction) in enumerate(body):
        jump = re.match(r"j\w+\s+([0-9a-f]+)", instruction)
        if jump and at.get(int(jump.group(1), 16), i + 1) <= i:
            yield at[int(jump.group(1), 16)], i


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    print(f"{'function':34} {'FMAs':>5} {'instructions':>13} {'spills':>7}")
    for path in sys.argv[1:]:
        for name, body in functions(path):
            ranges = list(loops(body))
            for first, last in ranges:
                inner = any(first <= f and l <= last and (f, l) != (first, last)
                            for f, l in ranges)
                code = [instruction for _, instruction in body[first:last + 1]]
                fmas = sum("vfmadd" in c or "vdpbf16ps" in c for c in code)
                spills = sum(bool(VECTOR.search(c) and STACK.search(c)) for c in code)
                if fmas and not inner:
                    print(f"{name:34} {fmas:5} {len(code):13} {spills:7}")


if __name__ == "__main__":
    main()
