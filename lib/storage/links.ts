import { lstatSync, readlinkSync, realpathSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'

/** The path that symbolic links lead to; nothing needs to exist there but its folder. */
export function targetOf(path: string): string {
  return [...linksFrom(path)].at(-1)!
}

/** The descriptor of this process that a path leads to, as /dev/stdout and /dev/fd/3 do. */
export function descriptorAt(path: string): number | undefined {
  for (const place of linksFrom(path)) {
    const [, owner, descriptor] = /^\/(?:proc\/(\d+)|dev)\/fd\/(\d+)$/.exec(place) ?? []
    if (descriptor !== undefined && Number(owner ?? process.pid) === process.pid) return Number(descriptor)
  }
  return undefined
}

/** The path and the links it leads over, each with its real folder. */
function* linksFrom(path: string): Iterable<string> {
  for (let at: string | undefined = path; at !== undefined; ) {
    const place: string = join(realpathSync(dirname(at)), basename(at))
    yield place
    at = lstatSync(place, { throwIfNoEntry: false })?.isSymbolicLink()
      ? resolve(dirname(place), readlinkSync(place))
      : undefined
  }
}
