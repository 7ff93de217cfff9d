"""What a reviewer asks of a trail. Reads only; everything it gives comes from the trail and its payload files."""
