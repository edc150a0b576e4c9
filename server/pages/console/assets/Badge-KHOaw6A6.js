<<<<<<<< HEAD:server/pages/console/assets/Badge-Do8zOCis.js
import{C as e,L as t,P as n,Z as r,ht as i,mt as a,rt as o,z as s}from"./disclose-version-BCEoCjp_.js";import{s as c}from"./i18n-BgY28OBQ.js";var l=s(`<span> </span>`);function u(s,u){i(u,!0);var d=l(),f=o(d,!0);r(t=>{e(d,1,`badge ${u.status??``}`),n(f,t)},[()=>c(u.status)]),t(s,d),a()}export{u as t};
========
import{C as e,L as t,P as n,Z as r,ht as i,mt as a,rt as o,z as s}from"./disclose-version-BCEoCjp_.js";import{s as c}from"./i18n-DdPlhifM.js";var l=s(`<span> </span>`);function u(s,u){i(u,!0);var d=l(),f=o(d,!0);r(t=>{e(d,1,`badge ${u.status??``}`),n(f,t)},[()=>c(u.status)]),t(s,d),a()}export{u as t};
>>>>>>>> refs/heads/export:server/pages/console/assets/Badge-KHOaw6A6.js
