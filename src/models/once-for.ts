/**
 * What follows from an object alone, such as a contract or a version, made when it is first asked for and kept as long as the
 * object: what every decision would make anew, and none may change.
 */
export function onceFor<Of extends object, Made>(make: (of: Of) => Made): (of: Of) => Made {
  const made = new WeakMap<Of, { value: Made }>();
  return (of) => {
    const known = made.get(of);
    if (known !== undefined) return known.value;
    const value = make(of);
    made.set(of, { value });
    return value;
  };
}
