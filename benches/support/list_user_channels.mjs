// Lists every user's User Channels with twilio-node and keeps them in memory, as its documentation shows.
// Arguments: URL, account SID, auth token, service SID, users at a time.
import twilio from "twilio";

const [url, account, token, service, concurrency] = process.argv.slice(2);

class AtUrl extends twilio.RequestClient {
  request(options) {
    const { pathname, search } = new URL(options.uri);
    return super.request({ ...options, uri: url + pathname + search });
  }
}

const httpClient = new AtUrl({ keepAlive: true, maxSockets: Number(concurrency) });
const chat = twilio(account, token, { httpClient }).chat.v2.services(service);
const users = await chat.users.list({ pageSize: 100 });
const found = [];
const waiting = users.values();
await Promise.all(
  Array.from({ length: Number(concurrency) }, async () => {
    for (const user of waiting) {
      found.push(...(await chat.users(user.sid).userChannels.list({ pageSize: 50 })));
    }
  }),
);
console.log(`${found.length} user channels`);
