// Numbers and times as people read them. Minus signs are true ones, units have a narrow space before them.

const thin = '\u202f';
const minus = '\u2212';

export function number(value: number, digits = 0): string {
  const text = Math.abs(value).toLocaleString('en', { minimumFractionDigits: digits, maximumFractionDigits: digits });
  return value < 0 && Number(value.toFixed(digits)) !== 0 ? minus + text : text;
}

export function dbm(value: number | null | undefined, digits = 0): string {
  return value === null || value === undefined ? '\u2013' : number(value, digits);
}

export function metres(value: number): string {
  return value < 10 ? value.toFixed(1) : value < 100 ? value.toFixed(0) : '>100';
}

/** "1.2–3.4 m": a distance from RSSI is a range, never a point. */
export function distance(low: number | null, high: number | null): string {
  if (low === null || high === null) return '';
  if (low >= 100) return `>100${thin}m`;
  return `${metres(low)}\u2013${metres(high)}${thin}m`;
}

export function quantity(value: number, unit: string): string {
  const size = Math.abs(value);
  const digits = Number.isInteger(value) ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
  return unit ? `${number(value, digits)}${thin}${unit}` : number(value, digits);
}

/** "21 s", "4 min", "2 h 5 min", "3 d". */
export function duration(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s}${thin}s`;
  const min = Math.floor(s / 60);
  if (min < 60) return min < 10 && s % 60 ? `${min}${thin}min ${s % 60}${thin}s` : `${min}${thin}min`;
  const h = Math.floor(min / 60);
  if (h < 48) return min % 60 ? `${h}${thin}h ${min % 60}${thin}min` : `${h}${thin}h`;
  return `${Math.floor(h / 24)}${thin}d`;
}

/** Seconds from a time to `now` (milliseconds). */
export function age(time: string | null | undefined, now: number): number | null {
  if (!time) return null;
  const t = Date.parse(time);
  return Number.isNaN(t) ? null : Math.max(0, (now - t) / 1000);
}

export function ago(time: string | null | undefined, now: number): string {
  const seconds = age(time, now);
  if (seconds === null) return 'never';
  return seconds < 1 ? 'now' : `${duration(seconds)} ago`;
}

export function clock_time(time: string | number, seconds = true): string {
  return new Date(time).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: seconds ? '2-digit' : undefined, hourCycle: 'h23' });
}

export function date_time(time: string | number): string {
  return new Date(time).toLocaleString([], { year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
}

/** "14:05", or "20 Nov, 14:05" for another day. */
export function short_time(time: string | number, now: number): string {
  const t = new Date(time);
  if (t.toDateString() === new Date(now).toDateString()) return clock_time(time, false);
  return t.toLocaleString([], { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
}

/** "air_temperature" → "Air temperature". */
export function title(text: string): string {
  const words = text.replace(/_/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A radio's name in little room: of one that is a long path, its last part. The whole name belongs into a title. */
export function radio_name(name: string): string {
  return name.length > 24 && name.includes('/') ? name.slice(name.lastIndexOf('/') + 1) || name : name;
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}
