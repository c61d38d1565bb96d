/** A service that is down at first. */
export class TestService {
  private calls = 0;
  constructor(private readonly failures = 3) {}

  async get(): Promise<string> {
    if (++this.calls % (this.failures + 1) === 0) return 'OK';
    throw new Error('service is down');
  }
}
