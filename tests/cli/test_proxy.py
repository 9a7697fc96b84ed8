import json
import os
import re
import signal
import socket
import stat
import subprocess
import unittest

from moor_program import DONE, FAILED, INTERRUPTED, NO_RADIO, PROGRAM, USAGE, Cli, report
from validate import faults, load

TAG = "A4:CF:12:34:56:78"


class Proxy(Cli):
    def config(self, extra="", name="hall", text=None):
        path = self.folder / "proxy.toml"
        capture = self.capture([(t * 0.1, report(TAG, -60, "020106", random=False)) for t in range(5)])
        path.write_text(text or f'name = "{name}"\nradio = "{capture}"\nlisten = ["127.0.0.1:0"]\nannounce = false\n{extra}')
        return path

    def run_proxy(self, config, *arguments):
        """Starts a proxy; the process, and the lines up to the one that says where it listens."""
        process = self.start("proxy", "--config", config, "--json", *arguments)
        lines = []
        for text in process.stdout:
            lines.append(json.loads(text))
            if lines[-1]["event"] == "listening":
                return process, lines
        self.fail(process.stderr.read())

    def finish(self, process, number=signal.SIGINT):
        process.send_signal(number)
        rest, errors = process.communicate(timeout=60)
        self.assertEqual(process.returncode, INTERRUPTED, errors)
        return [json.loads(text) for text in rest.splitlines()]

    def check(self, lines):
        for line in lines:
            self.assertEqual(faults(load("proxy"), json.dumps(line), "line"), [])

    @staticmethod
    def dial(lines):
        host, port = lines[-1]["address"].rsplit(":", 1)
        return socket.create_connection((host, int(port)), timeout=20)

    @staticmethod
    def read(client, count):
        data = b""
        while len(data) < count:
            part = client.recv(count - len(data))
            if not part:
                break
            data += part
        return data

    def test_a_key_is_made_once_and_kept_from_others(self):
        config = self.config()
        process, lines = self.run_proxy(config)
        self.assertEqual([line["event"] for line in lines], ["key_made", "listening"])
        key = self.folder / "hall.key"
        self.assertEqual(lines[0]["file"], str(key))
        self.assertEqual(stat.S_IMODE(key.stat().st_mode), 0o600)
        self.assertRegex(key.read_text(), r"^[A-Za-z0-9+/]{43}=\n$")
        self.assertRegex((self.folder / "hall.mac").read_text(), r"^([0-9A-F]{2}:){5}[0-9A-F]{2}\n$")
        lines += self.finish(process)
        self.assertEqual((lines[-1]["event"], lines[-1]["reason"]), ("stopped", "interrupted"))
        self.assertNotIn(key.read_text().strip(), json.dumps(lines))
        self.check(lines)

        kept = key.read_text(), (self.folder / "hall.mac").read_text()
        process, lines = self.run_proxy(config)
        self.assertEqual([line["event"] for line in lines], ["listening"])
        self.finish(process, signal.SIGTERM)
        self.assertEqual((key.read_text(), (self.folder / "hall.mac").read_text()), kept)

    def test_a_key_that_others_can_read_is_refused(self):
        config = self.config()
        key = self.folder / "hall.key"
        key.write_text("ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CBgoM=\n")
        key.chmod(0o644)
        self.moor("proxy", "--config", config, "--duration", 5, status=USAGE)
        self.assertIn(f"chmod 600 '{key}'", self.errors)
        key.chmod(0o600)
        self.moor("proxy", "--config", config, "--duration", 0.2)

    def test_a_plain_client_says_hello(self):
        process, lines = self.run_proxy(self.config("encryption = false\n"))
        self.assertEqual([line["event"] for line in lines], ["warning", "listening"])
        self.assertFalse((self.folder / "hall.key").exists())
        with self.dial(lines) as client:
            client.sendall(bytes.fromhex("000801") + b"\x0a\x04moor" + bytes.fromhex("1001"))  # HelloRequest, API 1
            head = self.read(client, 3)
            self.assertEqual((head[0], head[2]), (0, 2))  # plain, HelloResponse
            self.assertIn(b"hall", self.read(client, head[1]))
            came = json.loads(process.stdout.readline())
            self.assertEqual(came["event"], "client_came")
        went = json.loads(process.stdout.readline())
        self.assertEqual((went["event"], went["peer"]), ("client_went", came["peer"]))
        self.check([came, went] + self.finish(process))

    def test_with_encryption_the_server_says_its_name_and_plain_clients_are_refused(self):
        process, lines = self.run_proxy(self.config())
        with self.dial(lines) as client:
            client.sendall(bytes.fromhex("010000"))
            hello = self.read(client, 3 + 1 + 5 + 13)
            mac = (self.folder / "hall.mac").read_text().strip().replace(":", "").lower()
            self.assertEqual(hello[3:], b"\x01hall\0" + mac.encode() + b"\0")
        with self.dial(lines) as client:
            client.sendall(bytes.fromhex("000007"))
            self.assertEqual(self.read(client, 1)[:1], b"\x01")
        self.check(self.finish(process))

    def test_ctrl_c_ends_it_with_clients_there(self):
        process, lines = self.run_proxy(self.config("encryption = false\n"))
        with self.dial(lines):
            json.loads(process.stdout.readline())
            rest = self.finish(process)
            self.assertEqual([line["event"] for line in rest], ["client_went", "stopped"])

    def test_a_port_that_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            path = self.config(text=f'name = "hall"\nradio = "{self.capture([])}"\nlisten = ["127.0.0.1:{port}"]\nannounce = false\n')
            self.moor("proxy", "--config", path, status=FAILED)
            self.assertIn(f"127.0.0.1:{port}", self.errors)
            self.assertIn("Another program has that port", self.errors)

    def test_without_its_radio(self):
        path = self.config(text='name = "hall"\nlisten = ["127.0.0.1:0"]\nannounce = false\n')
        self.moor("proxy", "--config", path, status=NO_RADIO)
        self.assertFalse((self.folder / "hall.mac").exists())

    def test_two_proxies_in_one_program(self):
        entry = '[[proxy]]\nname = "{0}"\nradio = "{1}"\nlisten = ["127.0.0.1:0"]\nannounce = false\n'
        first = self.capture([], name="a.btsnoop")
        second = self.capture([], name="b.btsnoop")
        path = self.config(text=entry.format("hall", first) + entry.format("attic", second))
        text = self.moor("proxy", "--config", path, "--duration", 0.5, "--json")
        lines = [json.loads(line) for line in text.splitlines()]
        self.assertEqual({line["proxy"] for line in lines if line["event"] == "listening"}, {"hall", "attic"})
        self.assertEqual(lines[-1]["reason"], "finished")
        keys = {(self.folder / f"{name}.key").read_text() for name in ("hall", "attic")}
        self.assertEqual(len(keys), 2)

    def test_on_a_terminal_the_key_is_shown_once(self):
        config = self.config()
        for shown in (True, False):
            master, slave = os.openpty()
            environment = dict(os.environ, XDG_STATE_HOME=str(self.folder), TERM="dumb")
            process = subprocess.Popen([PROGRAM, "proxy", "--config", str(config), "--duration", "0.5"], stdout=slave,
                                       stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=environment)
            os.close(slave)
            text = b""
            try:
                while part := os.read(master, 4096):
                    text += part
            except OSError:  # the other end is closed
                pass
            os.close(master)
            self.assertEqual(process.wait(timeout=60), DONE)
            self.assertEqual((self.folder / "hall.key").read_text().strip() in text.decode(), shown, text)
            self.assertIn("listening at 127.0.0.1:", text.decode())

    def test_init_writes_what_check_explains(self):
        path = self.folder / "new.toml"
        self.moor("proxy", "--init", "--config", path)
        self.assertIn('name = "moor-proxy"', path.read_text())
        self.assertIn('name = "moor-proxy"', self.moor("proxy", "--check", "--config", path))
        self.moor("proxy", "--init", "--config", path, status=USAGE)
        self.moor("proxy", "--init", status=USAGE)
        self.moor("proxy", status=USAGE)

    def test_a_wrong_configuration_names_line_and_key(self):
        path = self.config(extra="slot = 3\n")
        self.moor("proxy", "--check", "--config", path, status=USAGE)
        self.assertTrue(re.search(r"proxy\.toml:5:1: slot is not known; did you mean 'slots'\?", self.errors), self.errors)
        self.moor("proxy", "--config", self.folder / "missing.toml", status=USAGE)


if __name__ == "__main__":
    unittest.main()
