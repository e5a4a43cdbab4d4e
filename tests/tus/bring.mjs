// Uploads one file with tus-js-client, unchanged. The argument is JSON:
// {endpoint, token, file, metadata, chunkSize?, stopAfter?, memory?}. Prints {url, sent} or fails.
//
// `memory` is a file in which the address of the upload is kept, as a browser keeps it in its own
// storage; `stopAfter` ends the process, as a closed page would, when so many bytes were accepted.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { Upload } from 'tus-js-client'

const given = JSON.parse(process.argv[2])
const remembered = given.memory && existsSync(given.memory)
const upload = new Upload(readFileSync(given.file), {
  endpoint: given.endpoint,
  uploadUrl: remembered ? readFileSync(given.memory, 'utf8') : null,
  headers: { Authorization: `Token ${given.token}` },
  metadata: given.metadata,
  chunkSize: given.chunkSize ?? Infinity,
  retryDelays: [0, 50, 100, 200, 400, 800],
  onUploadUrlAvailable() {
    if (given.memory) writeFileSync(given.memory, upload.url)
  },
  onChunkComplete(size, accepted) {
    if (given.stopAfter && accepted >= given.stopAfter) process.exit(9)
  },
  onError(error) {
    console.error(String(error))
    process.exit(1)
  },
  onSuccess() {
    console.log(JSON.stringify({ url: upload.url }))
  },
})
upload.start()
