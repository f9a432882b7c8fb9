import { startNode, rpc } from './node.mjs'; import * as c from './chain.mjs'; import {blob} from './paths.mjs'; const {tx}=c;
const n = await startNode({args:['--dev', ...process.argv.slice(3)],log:'/tmp/burst.log'}); const api=await c.connect(n.url);
const {alice,bob}=await c.accounts(); const codes={};
for (const name of ['echo','spin','recurse','oob','trap']) codes[name]=(await c.upload(api,alice,blob(name))).codeHash;
const rounds=Number(process.argv[2]);let bad=0;
for(let r=0;r<rounds;r++){
 const calls = Array.from({ length: 100 }, (_, i) => [
  tx.run(api, codes.spin, 'spin', [], 5_000_000n), tx.run(api, codes.recurse, 'recurse', [], 5_000_000n),
  tx.run(api, codes.oob, 'pointer', [], 5_000_000n), tx.run(api, codes.trap, 'trap', [], 5_000_000n)][i % 4]);
 const nonce=(await api.rpc.system.accountNextIndex(bob.address)).toNumber();
 const h0=(await c.head(api)).number;
 const out=await Promise.allSettled(calls.map((x,i)=>c.submit(api,x,bob,{nonce:nonce+i})));
 const f=out.map((o,i)=>[i,o]).filter(([,o])=>o.status==='rejected').map(([i,o])=>`${i}:${o.reason.message}`);
 await new Promise(r=>setTimeout(r,1500));
 const chainNonce=(await api.query.system.account(bob.address)).nonce.toNumber();
 const pend=(await rpc(n.rpcPort,'author_pendingExtrinsics')).length;
 console.log(r, 'blocks', (await c.head(api)).number-h0, 'failed', f.length, f.slice(0,3).join(' '), 'included', chainNonce-nonce, 'pending', pend);
 if(f.length) { bad++; }
 if (chainNonce-nonce<100) { console.log('LOST'); break; }
}
console.log('bad rounds',bad,'of',rounds);
await c.disconnect(api); await n.stop(); process.exit()
