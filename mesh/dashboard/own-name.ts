/** The dashboard's own `service.name`: what it does is shown when it is asked for, and would otherwise fill every list that it shows. */
export const OWN_NAME = 'dashboard';
