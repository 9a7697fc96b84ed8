// The gateway's REST API (docs/api.md), typed. All times are ISO 8601 in UTC.
import { session } from './session.svelte';

export interface Problem {
  what: string;
  advice: string;
}

export interface Status {
  name: string;
  version: string;
  started: string;
  uptime_s: number;
  now: string;
  virtual: boolean;
  demo: boolean;
  auth: { required: boolean; ok: boolean };
  statistics: { sightings: number; per_second: number; devices: number; beacons: number; shed: Record<string, number>; filtered: number };
  store: { path: string; queued: number; written: Record<string, number>; dropped: Record<string, number>; failures: number; last_error: string } | null;
  mqtt: { state: 'off' | 'connecting' | 'connected' | 'failed'; problem: string; waiting: number; dropped: number } | null;
  webhooks: { url: string; waiting: number; dropped: number; problem: string }[];
  zones: string[];
  problems: Problem[];
}

export interface Reading {
  quantity: string;
  index: number;
  value: number;
  unit: string;
  t: string;
}

export interface Device {
  id: string;
  name: string;
  address: string | null;
  address_type: string;
  own: boolean;
  type: string;
  zone: string | null;
  range: 'immediate' | 'near' | 'far' | null;
  zone_since: string | null;
  rssi: number | null;
  smoothed: number | null;
  distance_m: number | null;
  distance_low_m: number | null;
  distance_high_m: number | null;
  radio: string;
  first_seen: string;
  last_seen: string;
  sightings: number;
  rate: number;
  readings: Reading[];
  spark: (number | null)[];
  connectable: boolean;
}

/** A structure of an advertisement; `value` is hexadecimal. */
export interface AdElement {
  type: number;
  name: string;
  value: string;
}

/** Some bytes of a payload and what they are (POST /lab/decode). */
export interface BytePart {
  offset: number;
  length: number;
  structure: number;
  name: string;
  value: string;
  meaning: string;
}

export interface DeviceDetail extends Device {
  advertisement: string;
  scan_response: string;
  ad: AdElement[];
  beacon: Record<string, unknown> | null;
  hearings: { radio: string; smoothed: number | null; last: string }[];
}

export interface History {
  t: number[];
  rssi: (number | null)[];
  smoothed: (number | null)[];
  zones: { from: string; to: string; zone: string }[];
  limits: { near_dbm: number; far_dbm: number; hysteresis_db: number };
}

export interface Minute {
  t: string;
  radio: string;
  min: number;
  mean: number;
  max: number;
  count: number;
}

/** What questions to the store answer, newest first. */
export interface Rows<Row> {
  rows: Row[];
  more: boolean;
}

export interface ReadingRow {
  t: string;
  device: string;
  quantity: string;
  value: number;
  unit: string;
}

export interface VisitRow {
  device: string;
  zone: string;
  entered: string;
  left: string | null;
  dwell_s: number | null;
}

/** Of a zone in an hour. */
export interface TrafficRow {
  from: string;
  zone: string;
  entries: number;
  distinct: number;
}

export interface DwellRow {
  from: string;
  zone: string;
  visits: number;
  mean_s: number | null;
}

export interface ZoneNow {
  name: string;
  radios: string[];
  devices: { id: string; name: string; since: string; smoothed: number | null }[];
  today: { entries: number; distinct: number; mean_dwell_s: number | null };
}

export interface Radio {
  id: number | string;
  name: string;
  kind: string;
  detail: string;
  state: string;
  problem: string;
  limits: string;
  can_connect: boolean;
  sightings: number;
  per_second: number;
  slots: { limit: number | null; free: number | null; holders: { id: string; name: string; address: string | null; label: string; since: string }[] } | null;
  last_heard: string | null;
}

export interface Sensor {
  sensor: string;
  id: string | null;
  name: string;
  phase: 'waiting' | 'queued' | 'connecting' | 'connected' | 'failed';
  radio: string | null;
  problem: string;
  since: string;
  last_value: string | null;
  uptime: number;
  connections: number;
  drops: number;
}

export interface ZoneEvent {
  t: string;
  id: string;
  name: string;
  from: string | null;
  to: string | null;
  event: string;
  cause: string;
  detail: string;
}

/** What the gateway refused, in its words. Status 0: it was not reached. */
export class ApiError extends Error {
  constructor(readonly status: number, message: string, readonly advice: string) {
    super(message);
  }
}

export type Query = Record<string, string | number | boolean | null | undefined>;

function address(path: string, query: Query): string {
  const text = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined && value !== null && value !== '') text.set(name, String(value));
  const parameters = text.toString();
  return `/api/v1${path}${parameters ? `?${parameters}` : ''}`;
}

async function ask<T>(path: string, query: Query, init: RequestInit): Promise<T> {
  let response: Response;
  try {
    response = await fetch(address(path, query), { ...init, credentials: 'same-origin', cache: 'no-store' });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw new ApiError(0, 'The gateway does not answer.', 'Is moor gateway running? This page tries again by itself.');
  }
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
  if (response.status === 401) session.ask();
  const told = (await response.json().catch(() => ({}))) as { error?: string; advice?: string };
  throw new ApiError(response.status, told.error ?? `The gateway answered ${response.status}.`, told.advice ?? '');
}

export const api = {
  get: <T>(path: string, query: Query = {}, signal?: AbortSignal) => ask<T>(path, query, { signal }),
  post: <T>(path: string, body: unknown, signal?: AbortSignal) =>
    ask<T>(path, {}, { method: 'POST', body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' }, signal }),
};

export const device_path = (id: string) => `/devices/${encodeURIComponent(id)}`;
