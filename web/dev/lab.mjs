// The lab's endpoints of the fake gateway: [method, path below /api/v1, (body, query) => answer].
export const routes = [];
