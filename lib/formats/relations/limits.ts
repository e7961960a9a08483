/** A block holds at most this many spans; a longer trace is cut into pieces. */
export const maxBlockSpans = 65_536
/** A block holds at most this many spans, events, links and their attributes together; so does each of its tables. */
export const maxBlockItems: number = 2 ** 21
/** Characters of names and values at which a block is closed, to bound the memory of its writer. */
export const maxBlockCharacters: number = 2 ** 25
/** Bytes of a block's message before compression. */
export const maxMessageBytes: number = 2 ** 25
