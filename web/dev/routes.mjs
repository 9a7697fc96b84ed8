// The shop behind the endpoints of the API: [method, path below /api/v1, (body, query and path parameters) => answer].

export class Refused extends Error {
  constructor(status, message, advice = '') {
    super(message);
    this.status = status;
    this.advice = advice;
  }
}

export function shop_routes(shop, gateway) {
  const found = (id) => {
    const device = shop.find(id);
    if (!device) throw new Refused(404, `There is no device ${id}.`, 'It may have been forgotten: devices that are not heard for an hour are.');
    return device;
  };
  return [
    ['GET', '/status', () => gateway.status()],
    ['GET', '/devices', (_, { limit = 500 }) => ({ devices: shop.devices().slice(0, Number(limit)), total: shop.devices().length })],
    ['GET', '/devices/{id}', (_, { id }) => shop.detail(found(id))],
    ['GET', '/devices/{id}/history', (_, { id, seconds = 600, from }) => (from ? shop.minutes(found(id)) : shop.history(found(id), Number(seconds)))],
    ['GET', '/readings', (_, { device, quantity }) => ({ rows: shop.reading_rows(found(device), quantity), more: false })],
    ['GET', '/visits', (_, query) => ({ rows: shop.visit_rows(query), more: false })],
    ['GET', '/events', () => ({ rows: [], more: false })],
    ['GET', '/traffic', (_, query) => ({ rows: shop.traffic_rows(query), more: false })],
    ['GET', '/dwell', (_, query) => ({ rows: shop.dwell_rows(query), more: false })],
    ['GET', '/zones', () => ({ zones: shop.zones() })],
    ['GET', '/radios', () => ({ radios: shop.radios() })],
    ['GET', '/sensors', () => ({ sensors: shop.sensors() })],
  ];
}
