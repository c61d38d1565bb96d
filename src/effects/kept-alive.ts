/** The platform is asked to wait once for all that is under way at the same time: each such wait has its price. */

export function keptAlive(waitUntil: (promise: Promise<unknown>) => void): (work: Promise<unknown>) => void {
  let underWay = 0;
  let over: () => void = () => undefined;
  const ended = (): void => {
    underWay--;
    if (underWay === 0) over();
  };
  return (work) => {
    if (underWay++ === 0)
      waitUntil(
        new Promise<void>((resolve) => {
          over = resolve;
        }),
      );
    work.then(ended, (error: unknown) => {
      ended();
      throw error;
    });
  };
}
