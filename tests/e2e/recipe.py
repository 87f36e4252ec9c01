"""Runs a job of docs/ci.md as its server would, in the current folder: recipe.py PAGE github|gitlab

Scripts run in the shell that the server gives them, with what variables are in the environment. Of actions, which a
server fetches, checkout is taken to have been done and upload-artifact copies to ./artifacts. What GitLab is to keep is
copied there too. Prints "exit N" of the step that failed, or 0; exits with 1 where the server would show a failed job.
"""
import glob, os, re, shutil, subprocess, sys
import yaml


def jobs(page):
    """The YAML of each server: what is under its heading."""
    found = {}
    for section in re.split(r"^## ", open(page).read(), flags=re.M)[1:]:
        blocks = re.findall(r"^```yaml\n(.*?)^```", section, re.S | re.M)
        if blocks:
            found[section.split()[0].lower()] = yaml.safe_load(blocks[0])
    return found


def keep(pattern, missing_is_fine):
    files = glob.glob(pattern)
    os.makedirs("artifacts", exist_ok=True)
    for file in files:
        shutil.copy(file, "artifacts")
    if not files and not missing_is_fine:
        sys.exit(f"no artifact {pattern}")


def github(workflow):
    job = workflow["jobs"]["ab"]
    code = 0
    for number, step in enumerate(job["steps"]):
        if code and step.get("if") != "always()":
            continue
        uses = step.get("uses", "").split("@")[0]
        if uses == "actions/upload-artifact":
            keep(step["with"]["path"], step["with"].get("if-no-files-found") == "ignore")
        elif uses and uses != "actions/checkout":
            sys.exit(f"an action that this does not know: {uses}")
        elif not uses:
            summary = os.path.abspath(f"summary.{number}.md")
            open(summary, "w").close()
            script = f"step.{number}.sh"
            with open(script, "w") as out:
                out.write(step["run"])
            # What GitHub runs where a step names no shell.
            run = subprocess.run(["bash", "-e", script], env={**os.environ, "GITHUB_ACTIONS": "true", "CI": "true",
                                                              "GITHUB_STEP_SUMMARY": summary})
            code = code or run.returncode
    return code, code != 0


def gitlab(pipeline):
    job = pipeline["ab"]
    script = "set -eo pipefail\nset +o noclobber\n" + "\n".join(job["script"]) + "\n"
    variables = {name: str(value) for name, value in job["variables"].items()}
    code = subprocess.run(["bash"], input=script.encode(),
                          env={**os.environ, **variables, "CI": "true", "GITLAB_CI": "true"}).returncode
    if code == 0 or job["artifacts"]["when"] == "always":
        for pattern in job["artifacts"]["paths"] + [job["artifacts"]["reports"]["junit"]]:
            keep(pattern, True)
    allowed = job["allow_failure"]["exit_codes"]
    return code, code != 0 and code not in (allowed if isinstance(allowed, list) else [allowed])


if __name__ == "__main__":
    server = sys.argv[2]
    os.environ.pop("GITHUB_ACTIONS", None)
    code, failed = {"github": github, "gitlab": gitlab}[server](jobs(sys.argv[1])[server])
    print(f"exit {code}")
    sys.exit(failed)
