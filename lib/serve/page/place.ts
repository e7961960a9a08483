const views = ['search', 'trace', 'store', 'blocks', 'rates', 'services', 'durations'] as const

/** Where the reader is, kept in the fragment of the address so that it can be sent to others. */
export interface Place {
  view: (typeof views)[number]
  query: string
  /** A length of time that ends now, as in TraceQL; `all` is all there is; empty where `from` and `to` count, in ms. */
  last: string
  from: string
  to: string
  limit: string
  trace: string
  /** Whose spans are asked for; empty where none is named. */
  tenant: string
}

const usual: Place = { view: 'search', query: '{ }', last: 'all', from: '', to: '', limit: '20', trace: '', tenant: '' }

export function readPlace(): Place {
  const given = new URLSearchParams(location.hash.slice(1))
  const place = { ...usual }
  for (const name of Object.keys(usual) as (keyof Place)[]) {
    const value = given.get(name)
    if (value !== null) place[name] = value as never
  }
  return views.includes(place.view) ? place : { ...place, view: usual.view }
}

export function hrefOf(place: Partial<Place>): string {
  const whole = { ...usual, ...place }
  const changed = (Object.keys(usual) as (keyof Place)[]).filter(name => whole[name] !== usual[name])
  return `#${new URLSearchParams(changed.map(name => [name, whole[name]]))}`
}
