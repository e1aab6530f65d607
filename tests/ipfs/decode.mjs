// Decodes blocks as js-ipfs does: one line of hex in, one line of JSON out.
import { createInterface } from 'node:readline'
import * as dagPb from '@ipld/dag-pb'
import { UnixFS } from 'ipfs-unixfs'

const hex = (bytes) => Buffer.from(bytes).toString('hex')

function decoded (block) {
  try {
    const node = dagPb.decode(block)
    const links = node.Links.map((link) => hex(link.Hash.bytes))
    return { links, data: node.Data === undefined ? null : hex(node.Data), piece: piece(node.Data) }
  } catch (error) {
    return { error: String(error) }
  }
}

function piece (data) {
  if (data === undefined) return null
  try {
    const file = UnixFS.unmarshal(data)
    const sizes = file.blockSizes.map(String)
    return { type: file.type, data: hex(file.data ?? []), sizes }
  } catch (error) {
    return null
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(decoded(Buffer.from(line, 'hex'))))
}
