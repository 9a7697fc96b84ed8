// Whether the gateway wants a token first. It keeps the token in a cookie that scripts cannot read.

class Session {
  needed = $state(false);

  ask() {
    this.needed = true;
  }
  done() {
    this.needed = false;
  }
}

export const session = new Session();
