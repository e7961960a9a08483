/** A value that is made when it is first called for, and kept; a failure is not. */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** The same for one value per key. */
export function lazyBy<K, T>(make: (key: K) => T): (key: K) => T {
  const made = new Map<K, T>()
  return key => once(made, key, () => make(key))
}

/** The value of a key, made where it is not known. */
export function once<K, T>(known: Map<K, T>, key: K, make: () => T): T {
  if (!known.has(key)) known.set(key, make())
  return known.get(key) as T
}
