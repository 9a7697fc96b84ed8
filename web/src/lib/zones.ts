// A zone's colour is its place in the gateway's list of zones, the same everywhere.

const colours = 8;

export function zone_class(zones: readonly string[], zone: string | null | undefined): string {
  const index = zone ? zones.indexOf(zone) : -1;
  return index < 0 ? 'zone-none' : `zone-${index % colours}`;
}

/** The token for canvases: colour(zone_token(...)). */
export function zone_token(zones: readonly string[], zone: string | null | undefined): string {
  return `--${zone_class(zones, zone)}`;
}
