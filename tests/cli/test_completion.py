import shutil
import subprocess
import unittest

from moor_program import USAGE, Cli


class Completion(Cli):
    def test_bash_completes_commands_and_options(self):
        script = self.folder / "moor.bash"
        script.write_text(self.moor("completion", "bash"))
        ask = f'source {script}; COMP_WORDS=(moor {{}}); COMP_CWORD={{}}; _moor; printf "%s\\n" "${{{{COMPREPLY[@]}}}}"'

        def complete(words, at):
            return subprocess.run(["bash", "-c", ask.format(words, at)], capture_output=True, text=True, check=True).stdout.split()
        self.assertEqual(complete("sc", 1), ["scan"])
        self.assertEqual(complete("scan --min", 2), ["--min-rssi"])
        self.assertIn("--reading-interval", complete("track --", 2))

    def test_every_shells_script_is_whole(self):
        for shell, check in (("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]), ("fish", ["fish", "--no-execute"])):
            text = self.moor("completion", shell)
            for word in ("gateway", "min-rssi", "scan"):
                self.assertIn(word, text, shell)
            if shutil.which(check[0]):
                script = self.folder / shell
                script.write_text(text)
                subprocess.run([*check, script], check=True)

    def test_another_shell_is_refused(self):
        self.moor("completion", "tcsh", status=USAGE)


if __name__ == "__main__":
    unittest.main()
