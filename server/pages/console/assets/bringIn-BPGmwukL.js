<<<<<<<< HEAD:server/pages/console/assets/bringIn-BPGmwukL.js
import{n as e}from"./client-DQGTReTb.js";import{o as t}from"./i18n-BgY28OBQ.js";async function n(n){let r=await e(`POST`,`/flows/import`,{body:n});if(!r.imported||!r.id)throw Error(t(`importTrouble`,{reason:r.errors.map(e=>e.message).join(` `)}));return r.id}export{n as t};
========
import{n as e}from"./client-DQGTReTb.js";import{o as t}from"./i18n-DdPlhifM.js";async function n(n){let r=await e(`POST`,`/flows/import`,{body:n});if(!r.imported||!r.id)throw Error(t(`importTrouble`,{reason:r.errors.map(e=>e.message).join(` `)}));return r.id}export{n as t};
>>>>>>>> refs/heads/export:server/pages/console/assets/bringIn-D85XQGO6.js
