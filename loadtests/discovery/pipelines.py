"""The CI job of a repository that is measured by Versus: a workflow of GitHub, a job of GitLab.

Only fixed texts are joined: nothing that a repository's files say gets into a script.
"""

from typing import Literal

from loadtests.discovery.guess import Language

Ci = Literal["github", "gitlab"]

PLACES: dict[Ci, str] = {"github": ".github/workflows/versus.yml", "gitlab": ".gitlab/versus.yml"}

# What runs before Versus. GitHub's machine has Python, Node, Go, Rust, Docker and pipx.
_GITHUB_SET_UP: dict[Language, str] = {
    "python": "python3 --version",
    "uv": "pipx install uv",
    "poetry": "pipx install poetry",
    "node": "node --version",
    "go": "go version",
    "rust": "cargo --version",
    "docker": "docker version",
    "": "echo 'Install here what your service needs.'",
}
_GITLAB_SET_UP: dict[Language, str] = {
    "python": "python3 --version",
    "uv": "pip install -q uv",
    "poetry": "pip install -q poetry",
    "node": "apt-get update -q && apt-get install -qy nodejs npm",
    "go": "apt-get update -q && apt-get install -qy golang-go",
    "rust": "apt-get update -q && apt-get install -qy cargo",
    "docker": "docker version  # this needs an image with Docker and a runner with its daemon",
    "": "echo 'Install here what your service needs.'",
}

_GITHUB = """\
# Measures each pull request, also in the merge queue, against its base. Written by
# `versus init --ci github`.
#
# 1. VERSUS_SOURCE below says where Versus is installed from. Write what `pipx install` takes: the
#    address of a wheel, or git+https://HOST/OWNER/versus@COMMIT, with a whole commit.
# 2. Commit this file together with versus.toml.
#
# The job runs the pull request's code, also from forks, so it may only read and gets no secret.
name: versus

on:
  pull_request:
  merge_group:

permissions:
  contents: read

concurrency:
  group: versus-${{ github.event.pull_request.number || github.ref }}
  cancel-in-progress: true

jobs:
  gate:
    runs-on: ubuntu-24.04
    timeout-minutes: 30
    env:
      VERSUS_SOURCE: ""
    steps:
      # The pull request's own head, with all history and branches (as with fetch-depth: 0): what it
      # changed counts from where it left its base.
      - name: Check out
        run: |
          git init -q .
          git remote add origin "$GITHUB_SERVER_URL/$GITHUB_REPOSITORY"
          basic=$(printf 'x-access-token:%s' "$TOKEN" | base64 -w0)
          git -c http.extraheader="AUTHORIZATION: basic $basic" \\
            fetch -q -- origin '+refs/heads/*:refs/remotes/origin/*' "$HEAD"
          git checkout -q --detach "$HEAD"
        env:
          TOKEN: ${{ github.token }}
          HEAD: ${{ github.event.pull_request.head.sha || github.sha }}
      # ubuntu-24.04 brings Python, Node, Go, Rust and Docker. Install other versions here.
      - name: Set up
        run: |
          SET_UP
      - name: Install Versus
        run: |
          if [ -z "$VERSUS_SOURCE" ]; then
            echo "::error::Write VERSUS_SOURCE into .github/workflows/versus.yml; it says how."
            exit 2
          fi
          pipx install "$VERSUS_SOURCE"
      - name: Measure and judge
        id: gate
        run: versus gate --github --base auto --fail-on regression,invalid
      # A regression is when the report is needed most.
      - if: always() && steps.gate.outputs.folder != ''
        uses: actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a # v7.0.1
        with:
          name: versus.gate
          path: ${{ steps.gate.outputs.folder }}
"""

_GITLAB = """\
# Measures each merge request against its base, and each push to the default branch against the
# commit before it. Written by `versus init --ci gitlab`.
#
# 1. VERSUS_SOURCE below says where Versus is installed from. Write what `pip install` takes: the
#    address of a wheel, or git+https://HOST/OWNER/versus@COMMIT, with a whole commit.
# 2. Add these two lines to .gitlab-ci.yml:
#
#   include:
#     - local: .gitlab/versus.yml
versus:
  image: python:3.12
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_PIPELINE_SOURCE == "push" && $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  variables:
    VERSUS_SOURCE: ""
    GIT_DEPTH: "0" # what a merge request changed counts from where it left its base
  before_script:
    # The image brings Python. Install here what else your service needs.
    - SET_UP
    - test -n "$VERSUS_SOURCE" || { echo "Write VERSUS_SOURCE into .gitlab/versus.yml."; exit 2; }
    - python3 -m venv /opt/versus
    - /opt/versus/bin/pip install -q "$VERSUS_SOURCE"
  script:
    - /opt/versus/bin/versus gate --base auto --copy-to versus-report
  # Undecided is a warning, not a failure.
  allow_failure:
    exit_codes: [3]
  interruptible: true
  timeout: 30 minutes
  artifacts:
    when: always # a regression is when the report is needed most
    expose_as: Versus report
    paths: [versus-report/]
    reports:
      junit: versus-report/junit.xml
      metrics: versus-report/openmetrics.txt
"""


def write_pipeline(ci: Ci, language: Language) -> str:
    """The text of the file that `PLACES` names.

    Args:
        ci: where the job runs.
        language: what it sets up.
    """
    if ci == "github":
        return _GITHUB.replace("SET_UP", _GITHUB_SET_UP[language])
    return _GITLAB.replace("SET_UP", _GITLAB_SET_UP[language])
