// How members of Node's own objects are taken and put back: as they are found, so that code which looks at them sees what it is used to.

/** A function whose `this` is given to it by `Reflect.apply`. */
export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** Replaces a member, which the user's code may go on to replace as it may Node's. */
export function put(target: object, name: PropertyKey, value: unknown): void {
  const found = Object.getOwnPropertyDescriptor(target, name);
  const enumerable = found?.enumerable ?? true;
  if (found?.configurable === false) Reflect.set(target, name, value);
  else Object.defineProperty(target, name, { value, writable: true, configurable: true, enumerable });
}

/** As `put`, of an object and of what it inherits from: there its own member could be taken from. */
export function putDeep(target: object, name: PropertyKey, value: unknown): void {
  put(target, name, value);
  const prototype: unknown = Object.getPrototypeOf(target);
  if (typeof prototype === "object" && prototype !== null && Object.hasOwn(prototype, name))
    put(prototype, name, value);
}

/** The member as it is now; null: there is no such function. */
export function methodOf(owner: object, name: PropertyKey): Method | null {
  const found: unknown = Reflect.get(owner, name);
  return typeof found === "function" ? (found as Method) : null;
}

/** Calls the member that was there, if there was one. */
export const callOn = (method: Method | null, self: unknown, ...args: readonly unknown[]): unknown =>
  method === null ? undefined : Reflect.apply(method, self, args);

/** A member that Node makes when it is first asked for: to ask costs many milliseconds. */
export const isLoadedLate = (owner: object, name: PropertyKey): boolean => {
  const found = Object.getOwnPropertyDescriptor(owner, name);
  return found?.get !== undefined && found.configurable === true;
};

/** Replaces such a member by what is made of it, once it is asked for; what cannot be replaced stays. */
export function putLate(owner: object, name: PropertyKey, replace: (found: unknown) => unknown): void {
  const late = Object.getOwnPropertyDescriptor(owner, name);
  Object.defineProperty(owner, name, {
    get() {
      const found = callOn(methodOf(late ?? {}, "get"), owner);
      const value = replace(found) ?? found;
      Object.defineProperty(owner, name, {
        value,
        writable: true,
        configurable: true,
        enumerable: late?.enumerable ?? true,
      });
      return value;
    },
    set(value: unknown) {
      Object.defineProperty(owner, name, { value, writable: true, configurable: true, enumerable: true });
    },
    configurable: true,
    enumerable: late?.enumerable ?? true,
  });
}
