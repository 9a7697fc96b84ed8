// The lab's endpoints of the fake gateway: [method, path below /api/v1, (body, query) => answer]. What they compute is as simple as a picture of the page needs.
import { readFileSync } from 'node:fs';
import { Refused } from './routes.mjs';

const table = (name) =>
  readFileSync(new URL(`../../data/${name}.tsv`, import.meta.url), 'utf8').split('\n').filter((line) => line && !line.startsWith('#')).map((line) => line.split('\t'));
const long = (number) => `0000${number}-0000-1000-8000-00805f9b34fb`;

function services() {
  const names = new Map(table('services'));
  const characteristics = new Map(table('characteristics'));
  return table('services-use').map(([uuid, list, use]) => ({
    uuid, name: names.get(uuid) ?? uuid, use,
    characteristics: list.split(',').filter(Boolean).map((one) => ({ uuid: one, name: characteristics.get(one) ?? one })),
  }));
}

function lookup({ q = '' }) {
  const text = q.toLowerCase();
  const all = [['service', 'services'], ['characteristic', 'characteristics'], ['company', 'companies']]
    .flatMap(([kind, file]) => table(file).map(([number, name]) => ({ kind, number, uuid: kind === 'company' ? null : long(number), name })));
  const found = all.filter((one) => one.number === text || one.name.toLowerCase().includes(text));
  if (!text || !found.length) throw new Refused(404, `nothing is called '${q}'`, "give a number such as 180f, or a part of a name such as 'heart'");
  const service = services().find((one) => one.uuid === found[0].number && found[0].kind === 'service');
  return { ...found[0], characteristics: service?.characteristics.map((one) => ({ ...one, uuid: long(one.uuid) })) ?? null, use: service?.use ?? null,
    total_matches: found.length, matches: found.slice(0, 20) };
}

const byte = (value) => (value & 255).toString(16).padStart(2, '0');
const be = (value, size) => Array.from({ length: size }, (_, i) => byte(Math.floor(value / 256 ** (size - 1 - i)))).join('');

function frame(asked) {
  const power = asked.power ?? -59;
  const clean = (text, size, name) => {
    const hex = (text ?? '').replace(/-/g, '').toLowerCase();
    if (!new RegExp(`^[0-9a-f]{${size * 2}}$`).test(hex)) throw new Refused(400, `${name} '${text ?? ''}' is not ${size} bytes`, `give ${size * 2} hexadecimal digits`);
    return hex;
  };
  if (asked.type === 'ibeacon')
    return [['company', '4c00', '004c (little-endian): Apple, Inc.'], ['beacon type', '02', '02: iBeacon'], ['length', '15', '15: 21 bytes follow'],
      ['proximity UUID', clean(asked.uuid, 16, 'uuid'), `${asked.uuid}: whose beacon`], ['major', be(asked.major ?? 0, 2), `${asked.major ?? 0}: which group, such as a shop (big-endian)`],
      ['minor', be(asked.minor ?? 0, 2), `${asked.minor ?? 0}: which of the group (big-endian)`], ['measured power', byte(power), `${power} dBm measured at 1 m`]];
  const service = ['service UUID', 'aafe', `${long('feaa')} (little-endian): Google LLC`];
  const loud = `${power + 41} dBm at 0 m: ${power} dBm at 1 m`;
  if (asked.type === 'eddystone-uid')
    return [service, ['frame type', '00', '00: Eddystone-UID'], ['ranging data', byte(power + 41), loud], ['namespace', clean(asked.namespace, 10, 'namespace'), 'whose beacon'],
      ['instance', clean(asked.instance, 6, 'instance'), 'which of them'], ['reserved', '0000', '']];
  if (asked.type === 'eddystone-url') {
    const found = /^(https?:\/\/)(www\.)?([!-~]{1,17})$/.exec(asked.url ?? '');
    if (!found) throw new Refused(400, `url '${asked.url}': it does not begin with http:// or https://, or is too long`, 'a short address fits, such as https://example.com/a');
    const scheme = (found[1] === 'https://' ? 1 : 0) + (found[2] ? 0 : 2);
    return [service, ['frame type', '10', '10: Eddystone-URL'], ['TX power', byte(power + 41), loud], ['URL scheme', byte(scheme), `one byte for ${found[1]}${found[2] ?? ''}`],
      ['encoded URL', Buffer.from(found[3]).toString('hex'), asked.url]];
  }
  if (asked.type === 'eddystone-tlm')
    return [service, ['frame type', '20', '20: Eddystone-TLM'], ['version', '00', '00: not encrypted'], ['battery', be(asked.battery ?? 0, 2), asked.battery ? `${asked.battery} mV (big-endian)` : 'none'],
      ['temperature', be((Math.round((asked.temperature ?? -128) * 256) + 65536) % 65536, 2), `${asked.temperature} °C, fixed point of 8 and 8 bits`],
      ['advertising count', be(asked.adverts ?? 0, 4), `${asked.adverts ?? 0} since power-on`], ['uptime', be((asked.uptime ?? 0) * 10, 4), `${asked.uptime ?? 0} s since power-on`]];
  throw new Refused(400, "'type' is no beacon that moor makes", 'give one of ibeacon, eddystone-uid, eddystone-url, eddystone-tlm');
}

function assemble(structures) {
  const parts = [];
  let offset = 0;
  structures.forEach(([type, name, fields], structure) => {
    const size = fields.reduce((sum, [, value]) => sum + value.length / 2, 1);
    for (const [part, value, meaning] of [['length', byte(size), `${size} bytes follow`], ['AD type', type, `${type}: ${name}`], ...fields]) {
      parts.push({ offset, length: value.length / 2, structure, name: part, value, meaning });
      offset += value.length / 2;
    }
  });
  return { hex: parts.map((part) => part.value).join(''), ad: [], beacon: null, readings: [], attributes: {}, format: null, error: null, parts };
}

function encode(asked) {
  const apple = asked.type === 'ibeacon';
  const list = apple ? [] : [['03', 'Complete List of 16-bit Service UUIDs', [['service UUIDs', 'aafe', 'feaa (Google LLC)']]]];
  return assemble([['01', 'Flags', [['flags', '06', 'LE general discoverable, no BR/EDR']]], ...list,
    apple ? ['ff', 'Manufacturer Specific Data', frame(asked)] : ['16', 'Service Data - 16-bit UUID', frame(asked)]]);
}

function decode({ hex }) {
  const text = (hex ?? '').replace(/\s/g, '').toLowerCase();
  if (!/^([0-9a-f]{2})+$/.test(text)) throw new Refused(400, "'hex' is no hexadecimal text", 'give two digits a byte, such as 020106');
  const structures = [];
  for (let i = 0; i < text.length; ) {
    const size = parseInt(text.slice(i, i + 2), 16);
    structures.push([text.slice(i + 2, i + 4), 'AD structure', [['data', text.slice(i + 4, i + 2 + 2 * size), '']].filter(([, value]) => value)]);
    i += 2 + 2 * size;
  }
  return assemble(structures);
}

function walk(name) {
  let state = 7;
  const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
  return Array.from({ length: 150 }, (_, t) => {
    const away = name === 'doorway' ? 3 + 1.4 * Math.sin(t / 9) + (t < 12 || t > 138 ? 6 : 0) : t < 40 ? 12 - t * 0.28 : t < 80 ? 0.6 : t < 110 ? 4 : 4 + (t - 110) * 0.25;
    const shadow = name === 'behind the rack' && t > 50 && t < 58 ? 12 : 0;
    return [t, Math.round(-59 - 25 * Math.log10(Math.max(0.3, away)) - shadow + (random() + random() - 1) * 6)];
  });
}
const walks = [
  { name: 'store aisle', what: 'A customer comes down an aisle from 12 m, stands at the shelf beside the receiver, and goes on to the till.' },
  { name: 'doorway', what: 'Somebody stands in the doorway 3 m away, where the signal wavers around the far limit, and never comes in.' },
  { name: 'behind the rack', what: 'A customer steps behind a display rack for a few seconds: the signal falls by 12 dB, the customer is as near as before.' },
  { name: 'recorded', what: 'A customer of the demo’s shop, as it is in the recording that comes with moor.' },
].map((one) => ({ ...one, samples: walk(one.name) }));

function smoothing(asked) {
  const samples = asked.samples ?? walks.find((one) => one.name === asked.walk)?.samples;
  if (!samples) throw new Refused(400, 'there is no walk of this name', 'GET /api/v1/lab/walks tells the walks');
  const { near = -55, far = -70, hysteresis = 0, min_samples = 3, tx_power = -59, exponent = 2.5 } = asked;
  if (near <= far) throw new Refused(400, 'near_dbm must be above far_dbm', '');
  const gap = samples.length > 1 ? samples[1][0] - samples[0][0] || 1 : 1;
  const alpha = asked.tau ? 1 - Math.exp(-gap / asked.tau) : asked.alpha ?? 0.3;
  let smoothed = null;
  let zone = null;
  let wanted = null;
  let count = 0;
  const transitions = [];
  const points = samples.map(([t, rssi]) => {
    smoothed = smoothed === null ? rssi : alpha * rssi + (1 - alpha) * smoothed;
    const near_limit = zone === 'immediate' ? near - hysteresis : near;
    const far_limit = zone === 'immediate' || zone === 'near' ? far - hysteresis : far;
    const next = smoothed > near_limit ? 'immediate' : smoothed > far_limit ? 'near' : 'far';
    count = next === zone ? 0 : next === wanted ? count + 1 : 1;
    wanted = next;
    let event = null;
    if (next !== zone && count >= min_samples) {
      event = zone ? 'changed' : 'entered';
      transitions.push({ t, from: zone, to: next, what: `${event} ${next}: ${min_samples} readings in a row, smoothed ${smoothed.toFixed(1)} dBm` });
      zone = next;
      count = 0;
    }
    const metres = 10 ** ((tx_power - smoothed) / (10 * exponent));
    const spread = 10 ** (6 / (10 * exponent));
    return { t, rssi, smoothed: Math.round(smoothed * 100) / 100, distance_m: Math.round(metres * 100) / 100, distance_low_m: metres / spread, distance_high_m: metres * spread, zone, event };
  });
  return { points, samples_per_s: 1 / gap, alpha: Math.round(alpha * 1e4) / 1e4, effective_window: Math.round((2 / alpha - 1) * 100) / 100,
    response_s: Math.round((-Math.log(0.05) * gap * 100) / alpha) / 100, transitions };
}

function power({ event_current = 8, event_duration = 3, interval = 1000, capacity = 1000, sleep_current = 0, self_discharge = 0 }) {
  if (event_duration > interval) throw new Refused(400, 'an event is longer than the interval', 'make the interval longer');
  const events = (event_current * event_duration * 86400000) / interval / 3600000;
  const sleep = (sleep_current / 1000) * 24 * (1 - event_duration / interval);
  const lost = (capacity * self_discharge) / 100 / 365.25;
  const day = events + sleep + lost;
  const steps = [
    { what: 'events', arithmetic: `${event_current} mA x ${event_duration} ms x ${Math.round(86400000 / interval)} / 3,600,000 ms/h`, value: events, unit: 'mAh/day' },
    { what: 'sleep', arithmetic: `${sleep_current} uA x 24 h`, value: sleep, unit: 'mAh/day' },
    { what: 'self-discharge', arithmetic: `${capacity} mAh x ${self_discharge} % / 365.25`, value: lost, unit: 'mAh/day' },
    { what: 'battery life', arithmetic: `${capacity} mAh / ${day.toFixed(3)} mAh/day`, value: capacity / day, unit: 'days' },
  ];
  return { mah_per_day: day, days: day ? capacity / day : null, years: day ? capacity / day / 365.25 : null, steps };
}

function plan({ data_rate = 1, latency = 3, lifetime = 365.25, capacity = 220 }) {
  const broadcast = data_rate * latency <= 24;
  const life = power({ capacity, interval: Math.min(10240, (latency * 1000) / 3), sleep_current: 2, self_discharge: 1 });
  return { ...life, mode: broadcast ? 'broadcast' : 'connection',
    steps: [
      ['data rate', broadcast ? 'broadcast' : 'connection', 'broadcast for a beacon or a sensor', `the ${data_rate * latency} bytes of one update ${broadcast ? 'fit' : 'do not fit'} in an advertisement (24 bytes)`, -545.1],
      ['connection interval', broadcast ? 'none' : '50 ms', '100 ms to 1 s for sensors', broadcast ? 'a broadcast has no connection' : 'half of the latency', broadcast ? 0 : 41],
      ['peripheral latency', broadcast ? 'none' : '29', '4 to 30 for a device that is mostly quiet', broadcast ? 'a broadcast has no connection' : 'it may sleep through events', broadcast ? 0 : 200],
      ['advertising interval', '1 s', '1 s for a beacon', '3 advertisements within the latency', 311.4],
      ['sleep', '2 uA between events', '1 to 3 uA asleep with the clock running', 'left idle, the chip draws 500 uA', 331.7],
      ['transmit power', '0 dBm', '0 dBm; -8 dBm within a room', '-8 dBm would bring 9 days and shrink the range to 48 %', 0],
    ].map(([decision, value, typical, why, effect_days]) => ({ decision, value, typical, why, effect_days })),
    shortfalls: life.days < lifetime ? [{ what: `the battery lasts ${Math.round(life.days)} days, not ${Math.round(lifetime)}`, remedy: `a battery of ${Math.ceil(life.mah_per_day * lifetime)} mAh lasts that long` }] : [] };
}

const questions = [
  { id: 'ema-window', topic: 'Smoothing', question: 'A gateway smooths with alpha = 0.2. As many samples as which simple moving average does that amount to?',
    answers: ['5 samples', '9 samples', '10 samples', '20 samples'], right: 1, why: 'The effective window is 2/alpha − 1 = 2/0.2 − 1 = 9 samples.' },
  { id: 'scan-threshold', topic: 'Scanning and filtering', question: 'A scanner keeps what is above −70 dBm. Which of these devices passes?',
    answers: ['−62 dBm', '−71 dBm', '−75 dBm', '−90 dBm'], right: 0, why: 'RSSI is negative: nearer to zero is stronger.' },
  { id: 'gatt-value', topic: 'GATT', question: 'The heart rate measurement (2A37) reads 00 52. What is the rate?',
    answers: ['52 beats a minute', '82 beats a minute', '0 beats a minute', '20,992 beats a minute'], right: 1, why: 'The first byte is flags: bit 0 is clear, so the rate is one byte, 0x52 = 82.' },
];

export const routes = [
  ['GET', '/lab/services', () => services()],
  ['GET', '/lab/lookup', (_, query) => lookup(query)],
  ['GET', '/lab/walks', () => walks],
  ['GET', '/lab/questions', () => questions],
  ['POST', '/lab/encode', encode],
  ['POST', '/lab/decode', decode],
  ['POST', '/lab/smoothing', smoothing],
  ['POST', '/lab/power', power],
  ['POST', '/lab/power-plan', plan],
];
