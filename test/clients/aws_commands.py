# Runs commands of the AWS CLI, each in a process of its own as always, but one that is forked from here, where the command line's modules
# are loaded already: loading them takes most of a command's time. A line of JSON for each command, and one for how it ended.

import json
import os
import runpy
import sys
import tempfile
import traceback

import awscli.clidriver
import awscli.handlers
import botocore.httpsession
import botocore.signers


# Set by the command line's package while it loads, which is over by then.
DATA_PATH = os.environ["AWS_DATA_PATH"]


def run(asked, out, error):
    os.dup2(out.fileno(), 1)
    os.dup2(error.fileno(), 2)
    os.chdir(asked["cwd"])
    os.environ.clear()
    os.environ.update(asked["env"], AWS_DATA_PATH=DATA_PATH)
    sys.argv = [asked["command"], *asked["words"]]
    try:
        runpy.run_path(asked["command"], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


for line in sys.stdin:
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as error:
        child = os.fork()
        if child == 0:
            run(json.loads(line), out, error)
        _, status = os.waitpid(child, 0)
        out.seek(0)
        error.seek(0)
        end = {
            "code": os.waitstatus_to_exitcode(status),
            "out": out.read().decode(),
            "error": error.read().decode(),
        }
    print(json.dumps(end), flush=True)
