"""A simulated account, for checks of many of them."""

import base64
import json
import subprocess
import urllib.request


class SimulatedAccount:
    """An account of a simulator of its own, with one service."""

    def __init__(self, chatferry, seed, *flags):
        command = [chatferry, "simulate", "--seed", str(seed), "--world", "plain", *flags]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.environment = {}
        for line in self.process.stdout:
            if line.startswith("export "):
                for setting in line.removeprefix("export ").split():
                    name, _, value = setting.partition("=")
                    self.environment[name] = value.strip("'\"")
            if line.startswith("chatferry crawl --service "):
                self.service = line.split()[-1]
                break
        self.url = self.environment["CHATFERRY_CHAT_URL"]
        self.account = self.environment["TWILIO_ACCOUNT_SID"]

    def stop(self):
        self.process.kill()
        self.process.wait()

    def rows(self, path, key):
        """A list of the API, page after page."""
        credentials = base64.b64encode(f"{self.account}:{self.environment['TWILIO_AUTH_TOKEN']}".encode()).decode()
        address, rows = f"{self.url}/v2/Services/{self.service}/{path}?PageSize=50", []
        while address:
            request = urllib.request.Request(address, headers={"Authorization": f"Basic {credentials}"})
            page = json.load(urllib.request.urlopen(request))
            rows += page[key]
            following = page["meta"]["next_page_url"]
            address = following and self.url + following[following.index("/v2/"):]
        return rows

    def truth(self):
        """How many rows of each record there are."""
        users = self.rows("Users", "users")
        memberships = [row for user in users for row in self.rows(f"Users/{user['sid']}/Channels", "channels")]
        return {"users": len(users), "user_channels": len(memberships)}
