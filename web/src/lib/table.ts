// The table of devices: which are shown, in which order. No I/O.
import type { Device } from './api';

export interface Filter {
  text: string; // of name, id, address or radio
  type: string; // empty: all; "none": of no known type
  zone: string; // empty: all; "none": in no zone
  min_rssi: number; // -100: all
}

export type Column = 'name' | 'type' | 'zone' | 'rssi' | 'distance' | 'rate' | 'radio' | 'seen';

export const no_filter: Filter = { text: '', type: '', zone: '', min_rssi: -100 };

export function is_filtering(filter: Filter): boolean {
  return filter.text.trim() !== '' || filter.type !== '' || filter.zone !== '' || filter.min_rssi > -100;
}

/** Smoothed where there is one: it does not make rows jump. */
export function level(device: Device): number {
  return device.smoothed ?? device.rssi ?? -127;
}

export function fits(device: Device, filter: Filter, words: string[]): boolean {
  if (level(device) < filter.min_rssi && filter.min_rssi > -100) return false;
  if (filter.type && (filter.type === 'none' ? device.type !== '' : device.type !== filter.type)) return false;
  if (filter.zone && (filter.zone === 'none' ? device.zone : device.zone !== filter.zone)) return false;
  if (words.length === 0) return true;
  const text = `${device.name} ${device.id} ${device.address ?? ''} ${device.radio}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

const key: Record<Column, (device: Device) => number | string> = {
  name: (device) => (device.name || `\uffff${device.id}`).toLowerCase(),
  type: (device) => device.type || '\uffff',
  zone: (device) => device.zone ?? '\uffff',
  rssi: (device) => -Math.round(level(device)),
  distance: (device) => device.distance_m ?? Infinity,
  rate: (device) => -device.rate,
  radio: (device) => device.radio || '\uffff',
  seen: (device) => -Date.parse(device.last_seen),
};

/** Equal ones by id, so that the order is the same each time. */
export function select(devices: Iterable<Device>, filter: Filter, column: Column, down: boolean): Device[] {
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const of = key[column];
  const keyed: { device: Device; key: number | string }[] = [];
  for (const device of devices) if (fits(device, filter, words)) keyed.push({ device, key: of(device) });
  const sign = down ? -1 : 1;
  keyed.sort((a, b) => (a.key < b.key ? -sign : a.key > b.key ? sign : a.device.id < b.device.id ? -1 : 1));
  return keyed.map((entry) => entry.device);
}

/** Whether the rows may be put in order again: at once where something was chosen anew, else now and again, so that a row can be read, and hit. */
export function may_order(since_ms: number, pointed: boolean): boolean {
  return since_ms >= (pointed ? 10_000 : 2_000);
}

/** The rows that a scrolled box shows, with some above and below. */
export function window_of(top: number, height: number, row: number, count: number, margin = 6): { from: number; to: number } {
  const from = Math.max(0, Math.min(Math.floor(top / row) - margin, count));
  return { from, to: Math.min(count, Math.ceil((top + height) / row) + margin) };
}
