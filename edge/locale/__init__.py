"""Words of the store's screens: gettext catalogues and the module that serves them."""
