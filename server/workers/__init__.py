"""Workers: processes that run what others accept. A queue says that runs wait; the database holds them."""
