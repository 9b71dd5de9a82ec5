"""The parts of a local environment that releases and the recorder need, started in a moment.

Real supervisord, Traefik, SeaweedFS and NATS on free loopback ports, in one temporary folder.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import boto3
import httpx
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from ml.environment import Environment
from tests.ports import SERVERS, free_ports
from tests.waiting import eventually

BIN = Path(sys.executable).parent
KEY = {"access_key_id": "test", "secret_access_key": "test-secret"}
BUCKETS = {name: f"t-{name}" for name in ("datasets", "pipelines", "models", "releases", "predictions")}
TOKEN = "a-token"


class Stack:
    """Starts and stops the parts; ``env`` is the document that describes them."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self._ports = free_ports(40, SERVERS)
        self.first = self._ports.first
        for folder in ("logs", "programs", "components", "routes", "targets", "data"):
            (home / folder).mkdir(parents=True)
        # A long temporary path would not fit in the address of a Unix socket.
        self.sockets = Path(tempfile.mkdtemp(prefix="millrace-"))
        self.env = self._document()
        self.document = home / "environment.json"
        self.document.write_text(self.env.model_dump_json(indent=2))
        self._configure()
        self._daemon: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start supervisord with all parts and make the buckets."""
        self._daemon = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", str(self.home / "supervisord.conf")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        eventually(lambda: httpx.get(f"http://127.0.0.1:{self.first + 1}/ping").status_code == 200, "traefik")
        self.await_store()
        eventually(lambda: socket.create_connection(("127.0.0.1", self.first + 2)), "nats")

    def await_store(self) -> None:
        """Wait for the object store and make what buckets it lacks."""
        eventually(self._make_buckets, "the object store")

    def kill_supervisor(self) -> None:
        """Kill supervisord itself."""
        if self._daemon:
            self._daemon.kill()
            self._daemon.wait(60)

    def stop(self) -> None:
        """Stop everything that runs under supervisord."""
        if self._daemon:
            self._daemon.send_signal(signal.SIGTERM)
            self._daemon.wait(60)

    def close(self) -> None:
        """Stop, and remove the folder of the control socket."""
        self.stop()
        shutil.rmtree(self.sockets, ignore_errors=True)
        self._ports.close()

    def control(self, *arguments: str) -> str:
        """Call supervisorctl."""
        command = [
            sys.executable,
            "-m",
            "supervisor.supervisorctl",
            "-c",
            str(self.home / "supervisord.conf"),
        ]
        return subprocess.run([*command, *arguments], capture_output=True, text=True, check=False).stdout

    def pid(self, program: str) -> int:
        """Return the process id of a program."""
        return int(self.control("pid", program))

    def kill(self, program: str) -> None:
        """Kill a program as the out-of-memory killer would."""
        os.kill(self.pid(program), signal.SIGKILL)

    def s3(self) -> Any:
        """Return an S3 client."""
        return boto3.client(
            "s3",
            endpoint_url=self.env.object_store.endpoint_url,
            region_name="us-east-1",
            aws_access_key_id=KEY["access_key_id"],
            aws_secret_access_key=KEY["secret_access_key"],
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 1}, connect_timeout=1),
        )

    def _make_buckets(self) -> bool:
        client = self.s3()
        name = BUCKETS["releases"]
        try:
            have = {each["Name"] for each in client.list_buckets()["Buckets"]}
            for missing in set(BUCKETS.values()) - have:
                client.create_bucket(Bucket=missing)
                client.put_bucket_versioning(Bucket=missing, VersioningConfiguration={"Status": "Enabled"})
            client.put_object(Bucket=name, Key="probe", Body=b"1")
            client.get_object(Bucket=name, Key="probe")["Body"].read()
        except (BotoCoreError, ClientError):
            return False
        return True

    def _document(self) -> Environment:
        home, first = self.home, self.first
        (home / "s3.json").write_text(json.dumps(KEY))
        (home / "token").write_text(TOKEN)
        secret = {"kind": "file", "name": str(home / "s3.json")}
        return Environment.model_validate(
            {
                "name": "test",
                "revision": "r1",
                "systems": ("echo",),
                "logs": home / "logs",
                "object_store": {
                    "endpoint_url": f"http://127.0.0.1:{first + 10}",
                    "region": "us-east-1",
                    "buckets": BUCKETS,
                    "credentials": {"delivery": secret, "recorder": secret, "jobs": secret},
                },
                "tracking": {"uri": f"http://127.0.0.1:{first + 9}"},
                "event_bus": {
                    "kind": "nats",
                    "url": f"nats://127.0.0.1:{first + 2}",
                    "token": {"kind": "file", "name": str(home / "token")},
                },
                "gateway": {"url": f"http://127.0.0.1:{first}", "routes": home / "routes"},
                "monitoring": {
                    "prometheus_url": f"http://127.0.0.1:{first + 8}",
                    "alertmanager_url": f"http://127.0.0.1:{first + 8}",
                    "targets": home / "targets",
                },
                "runtime": {
                    "kind": "processes",
                    "socket": self.sockets / "supervisor.sock",
                    "configuration": home / "supervisord.conf",
                    "programs": home / "programs",
                    # Spaces and percent signs mean something to supervisord.
                    "folder": home / "run time 100%s",
                    "first_port": first + 25,
                    "last_port": first + 39,
                },
            }
        )

    def _configure(self) -> None:
        home, first = self.home, self.first
        (home / "supervisord.conf").write_text(
            f"[supervisord]\nlogfile={home}/logs/supervisord.log\npidfile={home}/supervisord.pid\nminfds=1024\n"
            f"[unix_http_server]\nfile={self.env.runtime.socket}\n"
            "[rpcinterface:supervisor]\n"
            "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface\n"
            f"[supervisorctl]\nserverurl=unix://{self.env.runtime.socket}\n"
            f"[include]\nfiles={home}/components/*.conf {home}/programs/*.conf\n"
        )
        (home / "traefik.yml").write_text(
            f'entryPoints:\n  web: {{address: "127.0.0.1:{first}"}}\n'
            f'  admin: {{address: "127.0.0.1:{first + 1}"}}\n'
            "providers:\n  providersThrottleDuration: 100ms\n"
            f"  file: {{directory: {home}/routes, watch: true}}\n"
            "ping: {entryPoint: admin}\nglobal: {checkNewVersion: false, sendAnonymousUsage: false}\n"
        )
        identity = {
            "name": "all",
            "credentials": [{"accessKey": KEY["access_key_id"], "secretKey": KEY["secret_access_key"]}],
            "actions": ["Admin"],
        }
        (home / "identities.json").write_text(json.dumps({"identities": [identity]}))
        (home / "nats.conf").write_text(
            f'host: 127.0.0.1\nport: {first + 2}\nauthorization {{ token: "{TOKEN}" }}\n'
            f'jetstream {{ store_dir: "{home}/data/nats" }}\n'
        )
        self.program("traefik", f"{BIN}/traefik --configFile={home}/traefik.yml")
        self.program("nats", f"{BIN}/nats-server --config {home}/nats.conf")
        self.program("seaweedfs", self._weed())

    def _weed(self) -> str:
        first, data = self.first, self.home / "data" / "weed"
        data.mkdir()
        ports = ["s3", "s3.port.grpc", "master", "master.port.grpc", "volume", "volume.port.grpc", "filer"]
        named = {"s3": "s3.port", "master": "master.port", "volume": "volume.port", "filer": "filer.port"}
        flags = " ".join(
            f"-{named.get(name, name)}={first + 10 + offset}" for offset, name in enumerate(ports)
        )
        fixed = (
            "-ip=127.0.0.1 -ip.bind=127.0.0.1 -master.volumeSizeLimitMB=64 -master.telemetry=false "
            "-volume.max=0 -volume.preStopSeconds=0 -filer -s3 -s3.iam=false "
            "-s3.port.iceberg=0 -s3.port.lance=0"
        )
        sockets = f"-filer.localSocket={self.sockets}/filer.sock -s3.localSocket={self.sockets}/s3.sock"
        return (
            f"{BIN}/weed -logtostderr=true server -dir={data} {fixed} {flags} {sockets} "
            f"-filer.port.grpc={first + 17} -s3.config={self.home}/identities.json"
        )

    def program(self, name: str, command: str, **more: str) -> None:
        """Describe a supervised part; it starts with supervisord."""
        lines = "".join(f"{key}={value}\n" for key, value in more.items())
        (self.home / "components" / f"{name}.conf").write_text(
            f"[program:{name}]\ncommand=setpriv --pdeathsig KILL -- {command}\n"
            "autorestart=true\nstartsecs=0\nstopwaitsecs=3\n"
            f"redirect_stderr=true\nstdout_logfile={self.home}/logs/{name}.log\n{lines}"
        )
