// What the explorer says of attributes.

const base = /^0000([0-9a-f]{4})-0000-1000-8000-00805f9b34fb$/i;

/** "2a37" where the UUID has a short form. */
export function short_uuid(uuid: string): string {
  return base.exec(uuid)?.[1] ?? uuid;
}

/** "00 52" */
export function spaced(hex: string): string {
  return hex.replace(/(..)(?!$)/g, '$1 ');
}

function plain(value: unknown): string {
  if (value === null || value === undefined) return 'unknown';
  if (Array.isArray(value)) return value.map(plain).join(', ');
  if (typeof value === 'object') return words_of(value);
  return String(value);
}

/** A decoded value (docs/gatt.md) in words: "82 bpm, contact"; empty for nothing. */
export function words_of(decoded: unknown): string {
  if (decoded === null || decoded === undefined) return '';
  if (typeof decoded !== 'object') return String(decoded);
  const { value, unit, name, ...rest } = decoded as Record<string, unknown>;
  if (typeof name === 'string') return [name, ...Object.entries(rest).map(([field, number]) => `${field.replace(/_/g, ' ')} ${plain(number)}`)].join(', ');
  const main = 'value' in (decoded as object) ? [`${plain(value)}${unit && value !== null ? ` ${String(unit)}` : ''}`] : [];
  const others = Object.entries(rest).map(([key, field]) => {
    const title = key.replace(/_/g, ' ');
    return field === true ? title : field === false ? `no ${title}` : `${title} ${plain(field)}`;
  });
  return [...main, ...others].join(', ');
}

const property_names: Record<string, string> = {
  READ: 'read',
  WRITE: 'write',
  WRITE_WITHOUT_RESPONSE: 'write without response',
  NOTIFY: 'notify',
  INDICATE: 'indicate',
  BROADCAST: 'broadcast',
  AUTHENTICATED_SIGNED_WRITES: 'signed write',
  EXTENDED_PROPERTIES: 'extended',
};

export const property_name = (property: string) => property_names[property] ?? property.toLowerCase();

/** The command that does the same in a terminal. Quotes only what a shell would take apart. */
export function command(verb: string, address: string, uuid: string, ...rest: string[]): string {
  const quoted = (text: string) => (/^[\w:./@%+-]+$/.test(text) ? text : `'${text.replace(/'/g, `'\\''`)}'`);
  return ['moor', verb, address, short_uuid(uuid), ...rest.map(quoted)].join(' ');
}
