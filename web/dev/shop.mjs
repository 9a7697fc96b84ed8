// A simulated shop: five radios, five zones, devices that walk about. Told in the words of the gateway's API. Seeded, so a picture can be taken again.

const zones = ['Entrance', 'Aisle 1', 'Aisle 2', 'Counter', 'Stock room'];
const radio_names = ['hci0', 'hall', 'aisle', 'counter', 'stock'];
const limits = { near_dbm: -55, far_dbm: -70, hysteresis_db: 3 };
const alpha = 0.3;
const exponent = 2.5;
const history_points = 900;
const hour = 3_600_000;

const kinds = [
  { type: 'iBeacon', name: (n) => `Cart ${n}`, moves: 0.02, own: true },
  { type: 'iBeacon', name: (n) => `Badge ${n}`, moves: 0.03, own: true },
  { type: 'BTHome', name: (n) => `Shelf sensor ${n}`, moves: 0, own: true, readings: [['temperature', '°C', 21.4, 0.02], ['humidity', '%', 48, 0.1], ['battery', '%', 93, 0]] },
  { type: 'RuuviTag', name: (n) => `Cold chain ${n}`, moves: 0, own: true, readings: [['temperature', '°C', 4.1, 0.03], ['humidity', '%', 71, 0.2], ['pressure', 'hPa', 1013.2, 0.02], ['voltage', 'V', 2.95, 0]] },
  { type: 'Eddystone-UID', name: (n) => `Display ${n}`, moves: 0 },
  { type: '', name: () => '', moves: 0.05, random: true },
  { type: 'Apple', name: () => '', moves: 0.05, random: true },
  { type: '', name: (n) => `Headphones ${n}`, moves: 0.05, random: true },
];

function random_from(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let x = Math.imul(state ^ (state >>> 15), state | 1);
    x ^= x + Math.imul(x ^ (x >>> 7), x | 61);
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}

const iso = (t) => new Date(t).toISOString();
const hex = (value, digits) => value.toString(16).toUpperCase().padStart(digits, '0');
const metres = (dbm) => 10 ** ((-59 - dbm) / (10 * exponent));

export class Shop {
  constructor({ devices = 40, trouble = false, empty = false, seed = 7 } = {}) {
    this.random = random_from(seed);
    this.trouble = trouble;
    this.empty = empty;
    this.started = Date.now() - 26 * hour;
    this.sightings = 1_204_551;
    this.counts = radio_names.map((_, i) => 240_000 + 9_137 * i);
    this.list = [];
    this.by_id = new Map();
    this.visit_log = [];
    for (let n = 0; n < devices; ++n) this.#add(n);
    if (!empty) this.#past_day();
    for (let i = 0; i < 240; ++i) this.#walk(Date.now() - (240 - i) * 2500, i % 1 === 0, []);
  }

  #gauss() {
    return Math.sqrt(-2 * Math.log(this.random() || 1e-9)) * Math.cos(2 * Math.PI * this.random());
  }

  #add(n) {
    const kind = kinds[n % kinds.length];
    const address = Array.from({ length: 6 }, (_, i) => hex(i === 0 && kind.random ? 0x40 | (n & 63) : Math.floor(this.random() * 256), 2)).join(':');
    const device = {
      id: kind.own ? address : kind.random ? `anon-${hex(Math.floor(this.random() * 2 ** 32), 8).toLowerCase()}` : address,
      name: kind.name(1 + Math.floor(n / kinds.length)),
      address: kind.random ? null : address,
      address_type: kind.random ? 'resolvable' : 'public',
      kind,
      place: Math.floor(this.random() * zones.length),
      offset: 2 + this.random() * 12,
      zone: null,
      since: 0,
      rssi: -70,
      smoothed: null,
      first: Date.now() - this.random() * 20 * hour,
      last: Date.now(),
      count: Math.floor(this.random() * 40_000),
      rate: 0.5 + this.random() * 4,
      readings: (kind.readings ?? []).map(([quantity, unit, value, step]) => ({ quantity, unit, step, value: value + this.#gauss() * 0.5 })),
      t: [],
      raw: [],
      smooth: [],
      stays: [],
    };
    this.list.push(device);
    this.by_id.set(device.id, device);
  }

  #past_day() {
    const midnight = new Date().setUTCHours(0, 0, 0, 0);
    for (const device of this.list.filter((one) => one.kind.moves && !one.kind.random).slice(0, 60)) {
      let t = midnight + (this.random() * 3 + 0.2) * hour;
      while (t < Date.now() - hour / 3) {
        const dwell = (60 + this.random() * 2400) * 1000;
        this.visit_log.push({ device: device.id, name: device.name, zone: zones[Math.floor(this.random() * zones.length)], entered: t, left: Math.min(t + dwell, Date.now() - 60_000) });
        t += dwell + this.random() ** 2 * 2 * hour;
      }
    }
  }

  #walk(t, record, events) {
    for (const device of this.list) {
      if (this.random() > device.rate) continue; // not heard in this half second
      if (this.random() < device.kind.moves) device.place = Math.floor(this.random() * zones.length);
      device.offset = Math.min(25, Math.max(0.6, device.offset + (device.kind.moves ? this.#gauss() * 0.4 : 0)));
      device.rssi = Math.round(Math.min(-28, Math.max(-99, -59 - 10 * exponent * Math.log10(device.offset) + this.#gauss() * 5)));
      device.smoothed = device.smoothed === null ? device.rssi : device.smoothed + alpha * (device.rssi - device.smoothed);
      device.last = t;
      device.count += 1;
      const zone = device.smoothed > -92 ? zones[device.place] : null;
      if (zone !== device.zone) this.#move(device, zone, t, events);
      for (const reading of device.readings) reading.value += reading.step * this.#gauss();
      if (!record) continue;
      device.t.push(Math.round(t / 1000));
      device.raw.push(device.rssi);
      device.smooth.push(Math.round(device.smoothed * 10) / 10);
      if (device.t.length > history_points) for (const ring of [device.t, device.raw, device.smooth]) ring.shift();
    }
  }

  #move(device, zone, t, events) {
    const from = device.zone;
    if (from) {
      device.stays.push({ from: iso(device.since), to: iso(t), zone: from });
      if (!device.kind.random) this.visit_log.push({ device: device.id, name: device.name, zone: from, entered: device.since, left: t });
    }
    if (device.stays.length > 40) device.stays.shift();
    device.zone = zone;
    device.since = t;
    events.push({ t: iso(t), id: device.id, name: device.name, from, to: zone, event: 'enter', cause: 'radio',
      detail: zone ? `entered ${zone}: 3 readings in a row over radio "${radio_names[device.place]}"` : 'left: smoothed RSSI below −92 dBm' });
  }

  /** Half a second goes by. */
  step() {
    const t = Date.now();
    const events = [];
    this.#walk(t, true, events);
    const changed = this.list.filter((device) => device.last === t);
    this.sightings += changed.length * 2;
    this.counts = this.counts.map((count, i) => (this.trouble && i === 4 ? count : count + changed.length));
    const visits = events.filter((event) => event.from).map((event) => ({ id: event.id, name: event.name, zone: event.from, entered: event.t, left: event.t, dwell_s: 0, breaks: 0 }));
    return { changed: changed.map((device) => this.device(device)), gone: [], events, visits };
  }

  find(id) {
    return this.by_id.get(id);
  }

  devices() {
    return this.list.map((device) => this.device(device));
  }

  device(device) {
    const d = device.smoothed === null ? null : metres(device.smoothed);
    const spread = 10 ** (6 / (10 * exponent));
    const round = (value) => (value === null ? null : Math.round(value * 100) / 100);
    return {
      id: device.id, name: device.name, address: device.address, address_type: device.address_type, own: !!device.kind.own, type: device.kind.type,
      zone: device.zone, range: device.smoothed > limits.near_dbm ? 'immediate' : device.smoothed > limits.far_dbm ? 'near' : 'far',
      zone_since: device.zone ? iso(device.since) : null, rssi: device.rssi, smoothed: round(device.smoothed),
      distance_m: round(d), distance_low_m: round(d && d / spread), distance_high_m: round(d && d * spread),
      radio: radio_names[device.place], first_seen: iso(device.first), last_seen: iso(device.last), sightings: device.count, rate: round(device.rate),
      readings: device.readings.map((one) => ({ quantity: one.quantity, index: 0, value: round(one.value), unit: one.unit, t: iso(device.last) })),
      spark: device.raw.slice(-30), connectable: device.kind.type !== 'iBeacon',
    };
  }

  detail(device) {
    const name = [...Buffer.from(device.name)].map((byte) => hex(byte, 2)).join('');
    const beacon = device.kind.type === 'iBeacon' ? { type: 'iBeacon', uuid: 'f7826da6-4fa2-4e98-8024-bc5b71e0893e', major: 12, minor: 7, tx_power: -59 } : null;
    return {
      ...this.device(device),
      advertisement: beacon ? '0201061AFF4C000215F7826DA64FA24E988024BC5B71E0893E000C0007C5' : `020106${hex(name.length / 2 + 1, 2)}09${name}`,
      scan_response: beacon && name ? `${hex(name.length / 2 + 1, 2)}09${name}` : '',
      ad: [
        { type: 1, name: 'Flags', value: '06' },
        ...(beacon ? [{ type: 255, name: 'Manufacturer Specific Data', value: '4C000215F7826DA64FA24E988024BC5B71E0893E000C0007C5' }] : []),
        ...(name ? [{ type: 9, name: 'Complete Local Name', value: name }] : []),
      ],
      beacon,
      hearings: radio_names.map((radio, i) => ({ radio, smoothed: Math.round((device.smoothed - 7 * Math.abs(i - device.place)) * 10) / 10, last: iso(device.last - 700 * Math.abs(i - device.place)) }))
        .filter((one) => one.smoothed > -95).sort((a, b) => b.smoothed - a.smoothed),
    };
  }

  history(device, seconds) {
    const from = Math.max(0, device.t.findIndex((t) => t >= Date.now() / 1000 - seconds));
    const open = device.zone ? [{ from: iso(device.since), to: iso(Date.now()), zone: device.zone }] : [];
    return { t: device.t.slice(from), rssi: device.raw.slice(from), smoothed: device.smooth.slice(from), zones: [...device.stays, ...open], limits };
  }

  minutes(device) {
    const now = Math.floor(Date.now() / 60_000) * 60_000;
    return { minutes: Array.from({ length: 360 }, (_, i) => {
      const mean = -68 + 9 * Math.sin(i / 40) + this.#gauss();
      return { t: iso(now - (360 - i) * 60_000), radio: radio_names[device.place], min: Math.round(mean - 6), mean: Math.round(mean * 10) / 10, max: Math.round(mean + 5), count: 60 };
    }) };
  }

  reading_rows(device, quantity) {
    const rows = [];
    for (const one of device.readings) {
      if (quantity && one.quantity !== quantity) continue;
      for (let i = 0; i < 120; ++i) rows.push({ device: device.id, quantity: one.quantity, t: iso(Date.now() - i * 60_000), value: Math.round((one.value + Math.sin(i / 9) * one.step * 20) * 100) / 100, unit: one.unit });
    }
    return rows;
  }

  visit_rows({ device, zone }) {
    const open = this.list.filter((one) => one.zone && !one.kind.random).map((one) => ({ device: one.id, name: one.name, zone: one.zone, entered: one.since, left: null }));
    return [...open, ...this.visit_log].filter((one) => (!device || one.device === device) && (!zone || one.zone === zone))
      .sort((a, b) => b.entered - a.entered).slice(0, 2000)
      .map((one) => ({ device: one.device, zone: one.zone, entered: iso(one.entered), left: one.left ? iso(one.left) : null, dwell_s: one.left ? Math.round((one.left - one.entered) / 1000) : null }));
  }

  #by_hour() {
    const groups = new Map();
    for (const visit of this.visit_log) {
      const key = `${Math.floor(visit.entered / hour)} ${visit.zone}`;
      const group = groups.get(key) ?? { start: Math.floor(visit.entered / hour) * hour, zone: visit.zone, entries: 0, devices: new Set(), dwell: 0 };
      group.entries += 1;
      group.devices.add(visit.device);
      group.dwell += (visit.left - visit.entered) / 1000;
      groups.set(key, group);
    }
    return [...groups.values()].sort((a, b) => a.start - b.start);
  }

  traffic_rows({ zone }) {
    return this.#by_hour().filter((one) => !zone || one.zone === zone).map((one) => ({ from: iso(one.start), interval_s: 3600, zone: one.zone, entries: one.entries, distinct: one.devices.size }));
  }

  dwell_rows({ zone }) {
    return this.#by_hour().filter((one) => !zone || one.zone === zone).map((one) => ({ from: iso(one.start), zone: one.zone, visits: one.entries, mean_s: Math.round(one.dwell / one.entries) }));
  }

  zones() {
    return (this.empty ? ['immediate', 'near', 'far'] : zones).map((name, i) => {
      const today = this.visit_log.filter((visit) => visit.zone === name);
      return {
        name,
        radios: this.empty ? [] : [radio_names[i]],
        devices: this.list.filter((one) => one.zone === name).sort((a, b) => b.smoothed - a.smoothed)
          .map((one) => ({ id: one.id, name: one.name, since: iso(one.since), smoothed: Math.round(one.smoothed * 10) / 10 })),
        today: {
          entries: today.length, distinct: new Set(today.map((visit) => visit.device)).size,
          mean_dwell_s: today.length ? Math.round(today.reduce((sum, visit) => sum + (visit.left - visit.entered) / 1000, 0) / today.length) : null,
        },
      };
    });
  }

  radios() {
    if (this.empty) return [{ id: 0, name: 'hci0', kind: 'bluez', detail: 'Intel AX200, 8C:8D:28:00:00:01', state: 'scanning', problem: '', limits: '', can_connect: true, sightings: 0, per_second: 0, slots: { limit: 5, free: 5, holders: [] }, last_heard: null }];
    const since = iso(Date.now() - 2 * hour);
    return radio_names.map((name, i) => {
      const failed = this.trouble && i === 4;
      return {
        id: i, name, kind: i ? 'esphome' : 'bluez', detail: i ? `192.168.1.${20 + i}, ESPHome 2026.3` : 'Intel AX200, 8C:8D:28:00:00:01', state: failed ? 'unreachable' : 'scanning',
        problem: failed ? 'The proxy does not answer at 192.168.1.24: no route to host. Is it powered and in the same network? It is tried again in 30 s.' : '',
        limits: i === 2 ? 'passive scanning: names come only when a device sends them by itself' : '', can_connect: i !== 2,
        sightings: this.counts[i], per_second: failed ? 0 : Math.round(this.list.length * (0.8 + 0.1 * i) * 10) / 10,
        slots: i === 2 ? null : { limit: i ? 3 : 5, free: i === 3 ? 0 : 1, holders: this.list.filter((one) => one.kind.readings).slice(i, i + (i === 3 ? 3 : 2)).map((one) => ({ id: one.id, name: one.name, address: one.address, label: 'sensor shelves', since })) },
        last_heard: failed ? iso(Date.now() - 7 * 60_000) : iso(Date.now() - 40 * i),
      };
    });
  }

  sensors() {
    return this.list.filter((one) => one.kind.type === 'BTHome').slice(0, 4).map((one, i) => ({
      sensor: 'shelves', id: one.id, name: one.name, phase: i === 3 ? 'queued' : 'connected', radio: i === 3 ? null : radio_names[3],
      problem: i === 3 ? 'All 3 slots of radio "counter" are used. Disconnect one, or add a proxy nearer to it.' : '', since: iso(Date.now() - 2 * hour),
      last_value: iso(Date.now() - 9000), uptime: 0.998, connections: 3, drops: 2,
    }));
  }

  status() {
    const per_second = Math.round(this.list.length * 4.2);
    return {
      name: 'shop', version: '0.7.0', started: iso(this.started), uptime_s: Math.round((Date.now() - this.started) / 1000), now: iso(Date.now()), virtual: false, demo: false,
      auth: { required: false, ok: true },
      statistics: { sightings: this.sightings, per_second, devices: this.list.length, beacons: this.list.filter((one) => one.kind.type).length,
        shed: this.trouble ? { repeats: 18_204, unknown: 911 } : {}, filtered: 2231 },
      store: this.empty ? null : { path: '/var/lib/moor/moor.db', queued: this.trouble ? 5120 : 3, written: { visits: 412, readings: 88_120 }, dropped: this.trouble ? { readings: 240 } : {}, failures: this.trouble ? 3 : 0, last_error: this.trouble ? 'database or disk is full' : '' },
      mqtt: this.empty ? null : { state: this.trouble ? 'failed' : 'connected', problem: this.trouble ? 'The broker at 192.168.1.2:8883 refuses the certificate: expired yesterday.' : '', waiting: this.trouble ? 1834 : 0, dropped: 0 },
      webhooks: [],
      zones: this.empty ? ['immediate', 'near', 'far'] : zones,
      problems: this.trouble
        ? [
            { what: 'MQTT: the broker at 192.168.1.2:8883 refuses the certificate: expired yesterday.', advice: 'Renew it and run systemctl reload moor. 1,834 events wait on the disk; nothing is lost.' },
            { what: 'Store: database or disk is full.', advice: 'Free some space in /var/lib/moor, or keep less: store.keep_days.' },
            { what: 'Radio stock does not answer since 7 min.', advice: 'Is the proxy powered? It is tried again each 30 s.' },
          ]
        : [],
    };
  }
}
