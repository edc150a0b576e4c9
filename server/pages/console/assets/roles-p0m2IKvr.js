<<<<<<<< HEAD:server/pages/console/assets/roles-DOJ_2AIb.js
import{n as e}from"./client-DQGTReTb.js";import{o as t}from"./i18n-BgY28OBQ.js";async function n(){return(await e(`GET`,`/roles`)).roles.toReversed()}function r(e){return e.map(({name:e})=>({value:e,words:t(`role_${e}`)}))}export{n,r as t};
========
import{n as e}from"./client-DQGTReTb.js";import{o as t}from"./i18n-DdPlhifM.js";async function n(){return(await e(`GET`,`/roles`)).roles.toReversed()}function r(e){return e.map(({name:e})=>({value:e,words:t(`role_${e}`)}))}export{n,r as t};
>>>>>>>> refs/heads/export:server/pages/console/assets/roles-p0m2IKvr.js
