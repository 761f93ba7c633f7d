#!/usr/bin/python
"""Ansible's module that applies a mkservice.toml: what changed, and how, comes from `mkservice apply --json`."""

import json
import os
import tempfile

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: mkservice_apply
short_description: Bring a host to the services of a mkservice.toml
description:
  - Runs C(mkservice apply) on the host, and reports what it changed.
  - A service that does not come up makes the task fail, with its log and what mkservice makes of it.
attributes:
  check_mode:
    support: full
    details: Of a text that is not on the host yet, what I(prune) would remove is seen in the difference of the file only.
  diff_mode:
    support: full
options:
  file:
    description: The file on the host. Relative paths in it are relative to its folder.
    type: path
    required: true
  content:
    description:
      - What the file has to hold. A text that mkservice refuses is not written. Left out, the file stays as it is.
      - Ansible shows it and logs it on the host, so secrets do not belong in it; C(secret) of mkservice.toml is for them.
    type: str
  scope:
    description: Services of the machine, or of the account that the task runs as.
    type: str
    choices: [system, user]
    default: system
  prune:
    description: Whether services go that an earlier run made of this file and that are no longer in it.
    type: bool
    default: false
  settle:
    description: How long started services are watched, as a span of systemd.
    type: str
  executable:
    description: The program, by its path or its name in PATH.
    type: str
    default: mkservice
extends_documentation_fragment: [files]
"""

EXAMPLES = r"""
- name: Apply the services of the shop
  mkservice_apply:
    file: /srv/shop/mkservice.toml
    content: "{{ lookup('ansible.builtin.template', 'mkservice.toml.j2') }}"
    prune: true
"""

RETURN = r"""
summary:
  description: How many services were created, changed, unchanged, removed, failed.
  type: dict
  returned: when the file could be applied
changes:
  description: What happened to each service.
  type: list
  returned: when the file could be applied
services:
  description: The services as they run now, as C(mkservice list --json) tells it.
  type: list
  returned: when the file could be applied
"""


def read(path):
    """The text of a file, or nothing where there is none."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except FileNotFoundError:
        return None


def write(module, path, text):
    """The whole file or none of it."""
    handle, new = tempfile.mkstemp(dir=module.tmpdir)
    with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    module.atomic_move(new, path)


def difference(document):
    """What happens to each file, for --diff."""
    for step in document.get("steps", []):
        lines = step.get("difference") or []
        if step["action"] == "write":
            lines = ["+" + line for line in step["text"].splitlines()]
        elif step["action"] == "delete":
            lines = ["(deleted)"]
        if lines:
            yield {"prepared": "\n".join([step["path"] + ":", *lines]) + "\n"}


def explanation(errors):
    """The errors as mkservice tells them to people."""
    for error in errors:
        yield error["message"]
        yield from ("    " + line for line in error.get("log") or [])
        if error.get("reason"):
            yield "why: " + error["reason"]
        yield from ("hint: " + hint for hint in error.get("hints") or [])


class Apply:
    """Runs of `mkservice apply` for this task."""

    def __init__(self, module, program):
        self.module, self.file, self.changed, self.diff = module, module.params["file"], False, []
        self.words = [program, "apply", "--json", "--" + module.params["scope"]]
        if module.params["prune"]:
            self.words.append("--prune")
        if module.params["settle"]:
            self.words += ["--settle", module.params["settle"]]

    def run(self, *words, **more):
        """The document that a run prints. Where there is none, or it tells of an error, the task fails."""
        code, out, err = self.module.run_command([*self.words, *words], cwd=os.path.dirname(self.file), **more)
        try:
            document = json.loads(out)
        except ValueError:
            self.module.fail_json(msg=err or out, rc=code, changed=self.changed, diff=self.diff)
        for warning in document.get("warnings", []):
            self.module.warn(warning if isinstance(warning, str) else warning.get("message", str(warning)))
        if code not in (0, 5):
            told = "\n".join(explanation(document.get("errors", [])))
            self.end(document, self.module.fail_json, msg=told or err, rc=code)
        return document

    def end(self, document, how, **more):
        """Hands the result to Ansible."""
        told = {key: document[key] for key in ("summary", "changes", "services") if key in document}
        changed = self.changed or document.get("changed", False) or document["exit_code"] == 5
        how(changed=changed, diff=self.diff + list(difference(document)), **told, **more)


def main():
    module = AnsibleModule(
        argument_spec={
            "file": {"type": "path", "required": True},
            "content": {"type": "str"},
            "scope": {"type": "str", "choices": ["system", "user"], "default": "system"},
            "prune": {"type": "bool", "default": False},
            "settle": {"type": "str"},
            "executable": {"type": "str", "default": "mkservice"},
        },
        add_file_common_args=True,
        supports_check_mode=True,
    )
    file, content = module.params["file"], module.params["content"]
    there = read(file)
    is_new = content is not None and content != there
    diff = [{"before_header": file, "after_header": file, "before": there or "", "after": content}] if is_new else []

    program = module.get_bin_path(module.params["executable"])
    if module.check_mode and (program is None or not os.path.isdir(os.path.dirname(file))):
        module.exit_json(changed=True, diff=diff, msg="what would change cannot be told before mkservice and the folder are there")
    if program is None:
        module.fail_json(msg="there is no program %s on the host" % module.params["executable"])

    apply = Apply(module, program)
    if is_new:
        would = apply.run("--check", "-", data=content, binary_data=False)
        apply.changed, apply.diff = True, diff
        if module.check_mode:
            apply.end(would, module.exit_json)
        write(module, file, content)
    attributes = module.load_file_common_arguments(module.params, path=file)
    apply.changed = module.set_fs_attributes_if_different(attributes, apply.changed)
    apply.end(apply.run(*(["--check"] if module.check_mode else []), file), module.exit_json)


if __name__ == "__main__":
    main()
