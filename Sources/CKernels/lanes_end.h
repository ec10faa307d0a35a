// Takes back the names that lanes.h gave, so that the next variant can give them anew.
#undef JOINED_
#undef JOINED
#undef V
#undef floats
#undef doubles
#undef load
#undef store
#undef load_doubles
#undef store_doubles
#undef splat
#undef splat_double
#undef fused
#undef larger
#undef smaller
#undef VARIANT
#undef LANES
#undef FUSED
