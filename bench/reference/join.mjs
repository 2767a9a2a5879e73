/** Whoever asks for a key that is being worked on waits for the same result. */
export function joinByKey(work) {
  const running = new Map();
  return (key, ...rest) => {
    let result = running.get(key);
    if (result === undefined) {
      result = work(key, ...rest).finally(() => running.delete(key));
      running.set(key, result);
    }
    return result;
  };
}
