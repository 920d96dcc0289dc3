#!/usr/bin/env python3
"""Runs the examples of the documentation and compares what they print.

Goal: what a reader copies works, and answers what the page says.
Method: README.md and every page below doc/ gets a database of its own, in which its ```sql blocks run in one
psql session, in order. A plain ``` block right after one is the output that must come, line by line; `…` in it
stands for anything that cannot be foreseen (at least one character of that line). "(3 rows)" must be right, but
may be left out of a whole block. A ```sql block without an output block must raise no error. ```sql no-run is
shown only, and counted. wallet is installed first, unless the page does that itself.

Besides: links to files must lead somewhere, and each public function must have an entry; see entry_faults.

    test/docs/run.py [PAGE...]    the server is that of PGHOST, PGPORT, PGUSER; default: all pages
Prints "files N", then "ok - docs/WHAT" or "not ok - docs/WHAT" lines.
"""
import difflib
import pathlib
import re
import subprocess
import sys

TOP = pathlib.Path(__file__).resolve().parents[2]
FOOTER = re.compile(r'\(\d+ rows?\)')
MARK = '==== end of block'
# Pages that are nothing without examples.
MUST_RUN = re.compile(r'README\.md|doc/getting-started\.md|doc/functions[^/]*\.md')
PSQL = ['psql', '-qX', '--pset', 'pager=off', '-v', 'SHOW_CONTEXT=never']


class Block:
    """One ```sql block: where it is, what it says, and what should come of it (None: no error)."""

    def __init__(self, line, info, text):
        self.line, self.text, self.expected = line, text, None
        self.skipped = 'no-run' in info.split()[1:]


class Page:
    def __init__(self, path):
        self.path = path
        self.name = path.relative_to(TOP).as_posix()
        self.lines = path.read_text(encoding='utf-8').split('\n')
        self.blocks, self.prose, self.fault = [], [], None
        self.read()

    def read(self):
        """Takes the page apart into blocks and prose, [(line, text)]."""
        at, last = 0, None
        while at < len(self.lines):
            fence = re.match(r'```(.*)$', self.lines[at])
            if not fence:
                self.prose.append((at + 1, self.lines[at]))
                if self.lines[at].strip():
                    last = None
                at += 1
                continue
            try:
                end = self.lines.index('```', at + 1)
            except ValueError:
                self.fault = f'line {at + 1}: a block that does not end'
                return
            info, text = fence.group(1).strip(), '\n'.join(self.lines[at + 1:end])
            if info.split()[:1] == ['sql']:
                last = Block(at + 1, info, text)
                self.blocks.append(last)
            else:
                if info == '' and last is not None and not last.skipped:
                    last.expected = text
                last = None
            at = end + 1

    def running(self):
        return [block for block in self.blocks if not block.skipped]


def ok(what):
    print(f'ok - docs/{what}', flush=True)


def not_ok(what, details=()):
    print(f'not ok - docs/{what}', flush=True)
    for line in details:
        print(f'    {line}', flush=True)


def tidy(text):
    """Lines without trailing blanks, without empty lines at either end."""
    lines = [line.rstrip() for line in text.split('\n')]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return lines


def line_fits(pattern, line):
    return re.fullmatch('.+'.join(re.escape(part) for part in pattern.split('…')), line) is not None


def run_session(page, database):
    """What each running block of the page printed; short if psql ended early."""
    script = ''
    if not any(re.search(r'\bCREATE EXTENSION\b.*\bwallet\b', b.text, re.I) for b in page.running()):
        script += 'CREATE EXTENSION wallet;\n'
    script += f'\\echo {MARK}\n' + ''.join(f'{b.text}\n\\echo {MARK}\n' for b in page.running())
    done = subprocess.run(PSQL + ['-d', database], input=script, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          encoding='utf-8', timeout=120)
    return done.stdout.split(MARK + '\n')[1:-1]


def judge(page, block, printed):
    """One block's result line."""
    what, got = f'{page.name}:{block.line}', tidy(printed)
    if block.expected is None:
        errors = [line for line in got if re.match(r'(ERROR|FATAL|PANIC):|psql:|\\|invalid command', line)]
        return not_ok(what, got) if errors else ok(what)
    wanted = tidy(block.expected)
    if not any(map(FOOTER.fullmatch, wanted)):
        got = tidy('\n'.join(line for line in got if not FOOTER.fullmatch(line)))
    if len(wanted) == len(got) and all(map(line_fits, wanted, got)):
        return ok(what)
    # A line that fits is shown as wanted, so that only the others differ.
    shown = [w if line_fits(w, g) else g for w, g in zip(wanted, got)] + got[len(wanted):]
    return not_ok(what, difflib.unified_diff(wanted, shown, 'the page', 'psql', lineterm='', n=2))


def check_examples(page):
    blocks = page.running()
    if page.fault:
        return not_ok(page.name, [page.fault])
    if not blocks:
        if page.blocks or MUST_RUN.fullmatch(page.name):
            not_ok(page.name, ['no example of this page runs'])
        return None
    database = 'docs_' + re.sub(r'\W+', '_', page.name.lower())
    subprocess.run(PSQL + ['-d', 'postgres', '-v', 'ON_ERROR_STOP=1', '-c', f'CREATE DATABASE {database}'], check=True)
    printed = run_session(page, database)
    if len(printed) != len(blocks):
        return not_ok(page.name, [f'{len(blocks)} blocks, but {len(printed)} came to an end'] + printed[-1:])
    for block, text in zip(blocks, printed):
        judge(page, block, text)
    skipped = len(page.blocks) - len(blocks)
    if skipped:
        print(f'# docs/{page.name}: {skipped} blocks are not run')


def check_links(page):
    """Links to files, relative to the page; what lies outside is not looked at."""
    dead, found = [], 0
    for line, text in page.prose:
        for target in re.findall(r'\]\(([^)\s]+)\)', text):
            if re.match(r'[a-z]+:|#', target):
                continue
            found += 1
            if not (page.path.parent / target.split('#')[0]).exists():
                dead.append(f'line {line}: {target} does not exist')
    if dead:
        not_ok(f'{page.name}: links', dead)
    elif found:
        ok(f'{page.name}: links')


# ---- An entry for each function

FUNCTIONS = """
SELECT p.proname, string_agg(DISTINCT a.name, ' ')
FROM pg_proc p
JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND p.pronamespace = e.extnamespace
LEFT JOIN LATERAL unnest(p.proargnames[:p.pronargs]) AS a (name) ON true
WHERE e.extname = 'wallet' AND p.prokind = 'f' AND p.proname LIKE 'wallet\\_%'
GROUP BY 1 ORDER BY 1
"""


def public_functions():
    """[(name, [argument names])] of the extension as this tree builds it."""
    sql = 'CREATE DATABASE wallet_functions'
    subprocess.run(PSQL + ['-d', 'postgres', '-v', 'ON_ERROR_STOP=1', '-c', sql], check=True)
    out = subprocess.run(PSQL + ['-At', '-d', 'wallet_functions', '-v', 'ON_ERROR_STOP=1', '-c', 'CREATE EXTENSION wallet', '-c', FUNCTIONS],
                         check=True, stdout=subprocess.PIPE, encoding='utf-8').stdout
    return [(name, arguments.split()) for name, _, arguments in (line.partition('|') for line in out.splitlines())]


def entries(pages):
    """{function: (page, heading's line, text, [blocks])} of all headings below the first level that name a function."""
    found = {}
    for page in pages:
        heads = [(line, len(text) - len(text.lstrip('#')), text) for line, text in page.prose if re.match(r'##+ ', text)]
        for number, (line, level, text) in enumerate(heads):
            end = next((other for other, depth, _ in heads[number + 1:] if depth <= level), len(page.lines) + 1)
            for name in re.findall(r'\bwallet_\w+', text):
                found[name] = (page, line, '\n'.join(page.lines[line - 1:end - 1]), [b for b in page.running() if line < b.line < end])
    return found


def introduction(page):
    """What a page says of all its functions: the lines before its first heading below the title."""
    first = next((line for line, text in page.prose if text.startswith('## ')), len(page.lines) + 1)
    return '\n'.join(page.lines[:first - 1])


def entry_faults(name, arguments, entry):
    """What an entry lacks: each argument by name, an example that runs; and, there or in the introduction, errors, source."""
    page, _, text, blocks = entry
    faults = [f'argument {a} is not mentioned' for a in arguments if not re.search(rf'\b{re.escape(a)}\b', text)]
    if not any(re.search(rf'\b{name}\s*\(', block.text) for block in blocks):
        faults.append('no example that runs')
    text += introduction(page)
    if not re.search(r'\berrors?\b', text, re.I):
        faults.append('nothing about errors')
    if not any((TOP / path).is_file() for path in re.findall(r'\b((?:src|sql)/[\w./-]+\w)', text)):
        faults.append('no source file that exists')
    return faults


def check_functions(pages):
    found, functions = entries(pages), public_functions()
    for name, arguments in functions:
        if name not in found:
            not_ok(f'functions: {name}', [f'no heading in any page below doc/ names it'])
            continue
        faults = entry_faults(name, arguments, found[name])
        if faults:
            page, line = found[name][:2]
            not_ok(f'functions: {name}', [f'{page.name}:{line}: {fault}' for fault in faults])
        else:
            ok(f'functions: {name}')
    for name in sorted(set(found) - {name for name, _ in functions}):
        not_ok(f'functions: {name}', [f'{found[name][0].name}:{found[name][1]}: there is no such function'])
    if not functions:
        not_ok('functions', ['the extension has none'])


def main():
    chosen = [pathlib.Path(path).resolve() for path in sys.argv[1:]]
    pages = [Page(path) for path in chosen or [TOP / 'README.md'] + sorted((TOP / 'doc').rglob('*.md'))]
    print(f'files {sum(1 for page in pages if page.running())}')
    for page in pages:
        check_examples(page)
        check_links(page)
    if not chosen:
        check_functions(pages)


main()
