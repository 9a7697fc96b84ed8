// Which page is shown: the part of the address after '#', so that any server and any folder will do. "#/device/AC%3A23" is {page: "device", argument: "AC:23"}.

export interface Place {
  page: string;
  argument: string;
  query: URLSearchParams;
}

function read(): Place {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?', 2);
  const [page = '', ...rest] = path.split('/');
  let argument = rest.join('/');
  try {
    argument = decodeURIComponent(argument);
  } catch {
    // A percent sign that somebody typed stays one.
  }
  return { page: page || 'live', argument, query: new URLSearchParams(query) };
}

class Router {
  place = $state.raw<Place>(read());

  constructor() {
    addEventListener('hashchange', () => (this.place = read()));
  }

  go(page: string, argument = '') {
    location.hash = link(page, argument);
  }
}

/** The address of a page, for `href`. */
export function link(page: string, argument = ''): string {
  return argument ? `#/${page}/${encodeURIComponent(argument)}` : `#/${page}`;
}

export const router = new Router();
