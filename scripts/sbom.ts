/** `npm run sbom`: prints the software bill of materials, which every package has as `sbom.cdx.json`. */

import { softwareBillOfMaterials } from './lib/sbom.ts';

console.log(JSON.stringify(await softwareBillOfMaterials(), null, 2));
