/** Run the bundled tour in a runtime of the edge, which has what the web has and nothing of Node. */

const { readFileSync } = require('node:fs');

const { EdgeVM } = require('@edge-runtime/vm');

const vm = new EdgeVM();
const given = [process.env.AGENTICRAG_URL, process.env.AGENTICRAG_KEY].map((each) => JSON.stringify(each)).join();
if (vm.evaluate('typeof process') !== 'undefined') throw new Error('It has something of Node.');
vm.evaluate(readFileSync(process.argv[2], 'utf-8'));
vm.evaluate(`tour.tour(${given})`).then(
  (found) => console.log(found),
  (error) => {
    console.error(error);
    process.exit(1);
  },
);
