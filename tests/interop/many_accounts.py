"""Runs the Kubernetes Job of deploy/ as processes, one for each of its forty indices, and checks what comes of it.

    python tests/interop/many_accounts.py path/to/chatferry

Needs kubernetes-validate and duckdb from PyPI. The manifests are validated against Kubernetes' own schemas. Then each index of the Job runs its
containers with their own arguments against a simulated account of its own, and is retried as the Job's podFailurePolicy and backoffLimitPerIndex
say. Some are killed, some interrupted, some refused, one is never run. `chatferry summary` must agree with what is known of each. Then what was
wrong is corrected, the indices that failed run again, and DuckDB reads the Parquet of all forty accounts as one table, which must have the rows that the accounts have.
"""

import concurrent.futures
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time

import duckdb
import kubernetes_validate
import yaml

from simulated import SimulatedAccount

ROOT = pathlib.Path(__file__).resolve().parents[2]
MANIFESTS = ROOT / "deploy/kubernetes"
OLDEST, NEWEST = "1.33", "1.37.0"

# What befalls which index; all others run undisturbed.
REFUSED, MISCONFIGURED, NEVER_COMPLETE, DRIFTING, NEVER_RUN, ALWAYS_KILLED = 3, 7, 11, 19, 37, 33
KILLED, INTERRUPTED = {5, 17, 23}, {9, 29}
EMPTY = 21
UNDONE = {REFUSED, MISCONFIGURED, NEVER_COMPLETE, NEVER_RUN, ALWAYS_KILLED}


def documents(name):
    return [document for document in yaml.safe_load_all((MANIFESTS / name).read_text("utf-8")) if document]


def validate():
    count = 0
    for path in sorted(MANIFESTS.glob("*.yaml")):
        for document in documents(path.name):
            for version in (OLDEST, NEWEST):
                kubernetes_validate.validate(document, version, strict=True)
            count += 1
    # It would find a slip.
    broken = documents("export-job.yaml")[1]
    broken["spec"]["backofLimitPerIndex"] = 5
    try:
        kubernetes_validate.validate(broken, NEWEST, strict=True)
    except kubernetes_validate.ValidationError:
        print(f"kubernetes-validate: {count} objects of {MANIFESTS.relative_to(ROOT)} are as Kubernetes {OLDEST} and {NEWEST} have them")
        return
    raise AssertionError("a misspelt key was not found")


def simulate(chatferry, index, disturbed=True):
    """The simulated account of an index."""
    size = ("0", "0") if index == EMPTY else ("12", "8")
    flags = ["--users", size[0], "--channels", size[1], "--memberships", "4"]
    if disturbed and index in KILLED | INTERRUPTED | {ALWAYS_KILLED}:
        flags += ["--latency-ms", "150"]
    if disturbed and index == NEVER_COMPLETE:
        flags += ["--faults", "loop-user=1"]
    if index == DRIFTING:
        flags += ["--faults", "changing=2"]
    return SimulatedAccount(chatferry, index + 1, *flags)


class Job:
    """The Job of export-job.yaml, with a folder for its volumes."""

    def __init__(self, chatferry, folder, accounts):
        [job] = [document for document in documents("export-job.yaml") if document["kind"] == "Job"]
        self.spec, self.chatferry, self.folder, self.accounts = job["spec"], chatferry, folder, accounts
        assert self.spec["completionMode"] == "Indexed" and self.spec["completions"] == len(accounts)
        pod = self.spec["template"]["spec"]
        assert pod["restartPolicy"] == "Never", "podFailurePolicy asks for it"
        self.containers = pod["initContainers"] + pod["containers"]
        self.history, self.said, self.is_disturbed = {}, {}, True

    def here(self, text):
        text = text.replace("s3://lake", str(self.folder / "lake")).replace("/etc/chatferry", str(self.folder / "etc"))
        return text.replace("/data/", f"{self.folder}/data/")

    def run_pod(self, index, attempt):
        """Runs the containers in turn, and gives the exit code of the first that fails, as Kubernetes has it."""
        for container in self.containers:
            environment = {"PATH": os.environ["PATH"], "JOB_COMPLETION_INDEX": str(index), "CHATFERRY_RPS": "0"}
            environment["CHATFERRY_TEST_BACKOFF_SCALE"] = "0"
            # Whatever else lies in the environment is not the account's.
            environment["TWILIO_ACCOUNT_SID"], environment["TWILIO_AUTH_TOKEN"] = "AC" + "9" * 32, "9" * 32
            environment |= {setting["name"]: self.here(setting["value"]) for setting in container["env"]}
            command = [self.chatferry, *map(self.here, container["args"])]
            process = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
            if container["name"] == "crawl":
                self.disturb(index, attempt, process)
            said = process.communicate()[1]
            code = process.returncode if process.returncode >= 0 else 128 - process.returncode
            if code:
                return code, said
        return 0, ""

    def disturb(self, index, attempt, process):
        kill = index == ALWAYS_KILLED or index in KILLED and attempt == 0
        if not self.is_disturbed or not kill and not (index in INTERRUPTED and attempt == 0):
            return
        snapshot = self.folder / "data" / self.accounts[index] / "snapshot.db"
        while not snapshot.exists() and process.poll() is None:
            time.sleep(0.01)
        assert process.poll() is None, f"index {index} ended before it could be killed: {process.communicate()[1]}"
        process.send_signal(signal.SIGKILL if kill else signal.SIGTERM)

    def action(self, code):
        """What the policy says of an exit code: the first rule that is about it."""
        for rule in self.spec["podFailurePolicy"]["rules"]:
            codes = rule.get("onExitCodes")
            if codes and codes["operator"] == "In" and code in codes["values"]:
                return rule["action"]
        return "Count"

    def run_index(self, index):
        codes = []
        while len(codes) <= self.spec["backoffLimitPerIndex"]:
            code, said = self.run_pod(index, len(codes))
            codes.append(code)
            self.said[index] = said
            if code == 0 or self.action(code) == "FailIndex":
                break
            assert self.action(code) == "Count", (index, code, said)
        self.history[index] = codes

    def run(self, indices):
        with concurrent.futures.ThreadPoolExecutor(self.spec["parallelism"]) as pods:
            list(pods.map(self.run_index, sorted(indices)))


def write_accounts(folder, simulators, is_correct):
    (folder / "etc/secrets").mkdir(parents=True, exist_ok=True)
    names = [f"tenant-{index:02}" for index in range(len(simulators))]
    entries = []
    for index, (name, simulator) in enumerate(zip(names, simulators)):
        secret = folder / "etc/secrets" / name
        if is_correct or index != MISCONFIGURED:
            secret.write_text("0" * 32 if index == REFUSED and not is_correct else simulator.environment["TWILIO_AUTH_TOKEN"])
            secret.chmod(0o600)
        entries.append(
            f'[[account]]\nname = "{name}"\naccount_sid = "{simulator.account}"\nsecret_file = "{secret}"\n'
            f'service = ["{simulator.service}"]\nchat_url = "{simulator.url}"\nconversations_url = "{simulator.url}"\n'
        )
    file = folder / "etc/accounts.toml"
    file.write_text("\n".join(entries))
    file.chmod(0o600)
    return names


def expected_state(index, is_correct=False):
    if is_correct:
        return ("complete_with_drift", 5) if index == DRIFTING else ("complete", 0)
    states = {
        REFUSED: ("failed", 3), MISCONFIGURED: ("failed", 2), NEVER_COMPLETE: ("incomplete", 4),
        DRIFTING: ("complete_with_drift", 5), NEVER_RUN: ("missing", 4), ALWAYS_KILLED: ("unfinished", 4),
    }
    return states.get(index, ("complete", 0))


def check_history(job):
    limit = job.spec["backoffLimitPerIndex"]
    for index, codes in job.history.items():
        shown = (index, codes, job.said[index])
        if index in (REFUSED, MISCONFIGURED):
            assert codes == [3 if index == REFUSED else 2], shown
        elif index in (NEVER_COMPLETE, ALWAYS_KILLED):
            assert codes == [4 if index == NEVER_COMPLETE else 137] * (limit + 1), shown
        elif index in KILLED | INTERRUPTED:
            assert codes == [137 if index in KILLED else 130, 0], shown
        else:
            assert codes == [0], shown


def check_summary(chatferry, folder, names, is_correct):
    command = [chatferry, "summary", str(folder / "data"), str(folder / "lake"), "--accounts", str(folder / "etc/accounts.toml")]
    ran = subprocess.run([*command, "--json", "--report", str(folder / "summary.html")], capture_output=True, text=True)
    assert ran.returncode == (5 if is_correct else 2), (ran.returncode, ran.stderr)
    overview = json.loads(ran.stdout)
    assert [row["name"] for row in overview["accounts"]] == names
    for index, row in enumerate(overview["accounts"]):
        assert (row["state"], row["exit_code"]) == expected_state(index, is_correct), (index, row)
    assert (folder / "summary.html").read_text("utf-8").count('scope="row"') == len(names)
    return overview["accounts"]


def check_lake(folder, accounts, simulators):
    """DuckDB reads all accounts as one table of each record."""
    connection = duckdb.connect()
    lake = f"{folder}/lake/chat/*/*/*"
    for record in ("users", "user_channels"):
        table = f"read_parquet('{lake}/{record}.parquet', hive_partitioning = true)"
        counts = dict(connection.execute(f"SELECT account, count(*) FROM {table} GROUP BY account").fetchall())
        for index, (simulator, row) in enumerate(zip(simulators, accounts)):
            rows = counts.get(simulator.account, 0)
            assert rows == (row["users"] if record == "users" else row["memberships"]), (index, rows, row)
            if index != DRIFTING:
                assert rows == simulator.truth()[record], (index, record, rows)
        assert set(counts) <= {simulator.account for simulator in simulators}
        misplaced = f"SELECT count(*) FROM {table} WHERE account <> account_sid OR service <> service_sid"
        assert connection.execute(misplaced).fetchone() == (0,)
        # The types do not depend on the rows: those of an account without any are the others'.
        shapes, files = set(), sorted(folder.glob(f"lake/chat/*/*/*/{record}.parquet"))
        assert len(files) == len(simulators), len(files)
        for file in files:
            described = connection.execute(f"DESCRIBE SELECT * FROM read_parquet('{file}')").fetchall()
            shapes.add(tuple((name, kind) for name, kind, *_ in described))
        assert len(shapes) == 1, shapes
        total = connection.execute(f"SELECT count(*), count(DISTINCT account) FROM {table}").fetchone()
        print(f"DuckDB: {record} of all accounts is one table: {total[0]} rows in {len(files)} files; {total[1]} accounts have any")


def main(chatferry):
    validate()
    chatferry = str(pathlib.Path(chatferry).resolve())
    [job] = [document for document in documents("export-job.yaml") if document["kind"] == "Job"]
    simulators = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        try:
            for index in range(job["spec"]["completions"]):
                simulators.append(simulate(chatferry, index))
            names = write_accounts(folder, simulators, is_correct=False)
            job = Job(chatferry, folder, names)
            job.run(set(range(len(names))) - {NEVER_RUN})
            check_history(job)
            pods = sum(map(len, job.history.values()))
            print(f"{len(names)} indices ran in {pods} pods, retried as the Job's policy says")
            check_summary(chatferry, folder, names, is_correct=False)
            print("chatferry summary: agrees with what is known of each account")
            for index in UNDONE:
                simulators[index].stop()
                simulators[index] = simulate(chatferry, index, disturbed=False)
            write_accounts(folder, simulators, is_correct=True)
            job.is_disturbed = False
            job.run(UNDONE)
            assert all(job.history[index] == [0] for index in UNDONE), {index: (job.history[index], job.said[index]) for index in UNDONE}
            accounts = check_summary(chatferry, folder, names, is_correct=True)
            print("chatferry summary: all are complete once what was wrong is corrected and run again")
            check_lake(folder, accounts, simulators)
        finally:
            for simulator in simulators:
                simulator.stop()


if __name__ == "__main__":
    main(*sys.argv[1:])
