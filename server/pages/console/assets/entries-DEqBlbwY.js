<<<<<<<< HEAD:server/pages/console/assets/entries-DEqBlbwY.js
import{o as e}from"./i18n-BgY28OBQ.js";function t(e){return e.split(/[\n,]/).map(e=>e.trim()).filter(Boolean)}function n(t,n){if(!n.trim())return{};try{return JSON.parse(n)}catch(n){throw Error(e(`takesJson`,{name:t,reason:n.message}))}}function r(e){let t=Object.fromEntries(Object.entries(e??{}).filter(([,e])=>e!==null&&e!==``));return Object.keys(t).length?JSON.stringify(t,null,2):``}export{n,r,t};
========
import{o as e}from"./i18n-DdPlhifM.js";function t(e){return e.split(/[\n,]/).map(e=>e.trim()).filter(Boolean)}function n(t,n){if(!n.trim())return{};try{return JSON.parse(n)}catch(n){throw Error(e(`takesJson`,{name:t,reason:n.message}))}}function r(e){let t=Object.fromEntries(Object.entries(e??{}).filter(([,e])=>e!==null&&e!==``));return Object.keys(t).length?JSON.stringify(t,null,2):``}export{n,r,t};
>>>>>>>> refs/heads/export:server/pages/console/assets/entries-DgGQFZ3W.js
