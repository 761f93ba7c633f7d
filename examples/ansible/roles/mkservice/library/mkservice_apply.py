#!/usr/bin/python
"""An Ansible module that applies a mkservice.toml and reports what `mkservice apply --json` changed."""

import json
import os
import tempfile

from ansible.module_utils.basic import AnsibleModule

DOCUMENTATION = r"""
module: mkservice_apply
short_description: Apply a mkservice.toml
description:
  - Runs C(mkservice apply) on the host and reports what it changed.
  - If a service does not start, the task fails with its log and the likely reason.
attributes:
  check_mode:
    support: full
    details: For a file that is not on the host yet, only the difference of the file shows what I(prune) would remove.
  diff_mode:
    support: full
options:
  file:
    description: Path of the file on the host. Relative paths in it are relative to its directory.
    type: path
    required: true
  content:
    description:
      - Content of the file. Content that mkservice refuses is not written. By default, the file stays as it is.
      - Ansible prints the content and logs it on the host. Use the key C(secret) of mkservice.toml for secrets.
    type: str
  scope:
    description: System services, or services of the user the task runs as.
    type: str
    choices: [system, user]
    default: system
  prune:
    description: Remove services that an earlier run created from this file and that are no longer in it.
    type: bool
    default: false
  settle:
    description: How long to watch started services, such as 2s.
    type: str
  executable:
    description: Path of the program, or its name in PATH.
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
  description: Number of services that were created, changed, unchanged, removed, and failed.
  type: dict
  returned: when the file could be applied
changes:
  description: The change of each service.
  type: list
  returned: when the file could be applied
services:
  description: Current state of the services, as C(mkservice list --json) prints it.
  type: list
  returned: when the file could be applied
"""


def read(path):
    """Returns the text of a file, or None if it does not exist."""
    try:
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except FileNotFoundError:
        return None


def write(module, path, text):
    """Replaces the file atomically."""
    handle, new = tempfile.mkstemp(dir=module.tmpdir)
    with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
        file.write(text)
    module.atomic_move(new, path)


def difference(document):
    """Yields the changes of each file for --diff."""
    for step in document.get("steps", []):
        lines = step.get("difference") or []
        if step["action"] == "write":
            lines = ["+" + line for line in step["text"].splitlines()]
        elif step["action"] == "delete":
            lines = ["(deleted)"]
        if lines:
            yield {"prepared": "\n".join([step["path"] + ":", *lines]) + "\n"}


def explanation(errors):
    """Yields the errors as lines of text."""
    for error in errors:
        yield error["message"]
        yield from ("    " + line for line in error.get("log") or [])
        if error.get("reason"):
            yield "why: " + error["reason"]
        yield from ("hint: " + hint for hint in error.get("hints") or [])


class Apply:
    """Runs `mkservice apply` and collects what the task reports."""

    def __init__(self, module, program):
        self.module, self.file, self.changed, self.diff = module, module.params["file"], False, []
        self.words = [program, "apply", "--json", "--" + module.params["scope"]]
        if module.params["prune"]:
            self.words.append("--prune")
        if module.params["settle"]:
            self.words += ["--settle", module.params["settle"]]

    def run(self, *words, **more):
        """Returns the JSON document that a run prints. Fails the task if it is missing or reports an error."""
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
        """Reports the result to Ansible."""
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
    if module.check_mode and (not program or not os.path.isdir(os.path.dirname(file))):
        module.exit_json(changed=True, diff=diff, msg="changes are unknown until mkservice and the directory are installed")
    if not program:
        module.fail_json(msg="%s not found on the host" % module.params["executable"])

    apply = Apply(module, program)
    if is_new:
        would = apply.run("--check", "--as", file, "-", data=content, binary_data=False)
        apply.changed, apply.diff = True, diff
        if module.check_mode:
            apply.end(would, module.exit_json)
        write(module, file, content)
    attributes = module.load_file_common_arguments(module.params, path=file)
    apply.changed = module.set_fs_attributes_if_different(attributes, apply.changed)
    apply.end(apply.run(*(["--check"] if module.check_mode else []), file), module.exit_json)


if __name__ == "__main__":
    main()
