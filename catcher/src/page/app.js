// Shows what was caught, newest first. Everything is put in as text: a message may hold anything.

const EVERY_MS = 1000;
const SLOW_MS = 5000;

const byId = (id) => document.getElementById(id);
const lists = { sms: byId('phone'), voice: byId('phone'), mail: byId('mailbox') };
let shown = '';

function line(name, text) {
  const paragraph = document.createElement('p');
  paragraph.className = name;
  paragraph.textContent = text;
  return paragraph;
}

// What a caller would hear.
function spoken(twiml) {
  const parsed = new DOMParser().parseFromString(twiml, 'text/xml');
  return parsed.querySelector('parsererror') ? twiml : parsed.documentElement.textContent.trim();
}

function entry(message) {
  const item = document.createElement('li');
  const kind = { sms: 'Text', voice: 'Call', mail: 'Mail' }[message.kind];
  const time = new Date(message.received_at).toLocaleTimeString();
  item.append(line('meta', `${kind} to ${message.to} from ${message.from}, ${time}`));
  if (message.subject) item.append(line('subject', message.subject));
  item.append(line('body', message.kind === 'voice' ? spoken(message.body) : message.body));
  return item;
}

function show(messages) {
  const key = messages.map((message) => message.id).join();
  if (key === shown) return;
  shown = key;
  byId('phone').replaceChildren();
  byId('mailbox').replaceChildren();
  for (const message of messages.toReversed()) lists[message.kind].append(entry(message));
}

async function refresh() {
  try {
    const [messages, behaviour] = await Promise.all(
      ['/messages', '/behaviour'].map(async (path) => (await fetch(path)).json()),
    );
    show(messages);
    if (document.activeElement !== byId('mode')) byId('mode').value = behaviour.mode;
    byId('state').textContent = messages.length === 1 ? '1 message' : `${messages.length} messages`;
  } catch {
    byId('state').textContent = 'The catcher does not answer.';
  }
}

byId('clear').addEventListener('click', async () => {
  await fetch('/messages', { method: 'DELETE' });
  await refresh();
});

byId('mode').addEventListener('change', async (event) => {
  const mode = event.target.value;
  await fetch('/behaviour', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ mode, delay_ms: mode === 'slow' ? SLOW_MS : 0 }),
  });
});

refresh();
setInterval(refresh, EVERY_MS);
