import sys
say = sys.stdout.write
say('@mkservice@\n%s\n%s\n' % (sys.executable, sys.version.split()[0]))
kind, what = (sys.argv[1:] + ['', ''])[:2]

def spec(name):
    path, parts, found = None, name.split('.'), None
    for end in range(1, len(parts) + 1):
        if end > 1 and not path:
            return None
        for finder in sys.meta_path:
            look = getattr(finder, 'find_spec', None)
            found = look and look('.'.join(parts[:end]), path)
            if found:
                break
        if not found:
            return None
        path = found.submodule_search_locations
    return found

def imports(name):
    import ast
    import os
    import stat
    most = 1 << 20
    script = os.open(name, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    if not stat.S_ISREG(os.fstat(script).st_mode):
        return []
    with os.fdopen(script, 'rb') as script:
        text = script.read(most + 1)
    if len(text) > most or b'sys.path' in text or b'site.' in text or b'meta_path' in text:
        return []
    sys.path.insert(0, os.path.dirname(os.path.realpath(name)))
    names = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import):
            names += [alias.name.split('.')[0] for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.append(node.module.split('.')[0])
    return names

if kind and sys.version_info >= (3, 4):
    try:
        if kind == 'module':
            found = spec(what)
            inside = found and found.submodule_search_locations is not None
            names = [what + '.__main__' if inside else what]
        else:
            sys.path.pop(0)
            names = imports(what)
        known = getattr(sys, 'builtin_module_names', ())
        for name in sorted(set(names)):
            if name not in known and name not in sys.modules and not spec(name):
                say('missing %s\n' % name)
    except Exception:
        pass
